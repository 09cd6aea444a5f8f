import { decodeChatEvents, decodeUserEvents, encodeEvents } from '../../src/brokers/wire.js';
import { createMemoryBroker } from '../../src/brokers/memory.js';
import type { ChatEvent, UserEvent } from '../../src/domain/events.js';
import type { Broker } from '../../src/ports/broker.js';

/** Nodes over a bus that carries bytes, as between processes: each event reaches every node in its wire form. */
export class WireBus {
  private readonly nodes = new Set<{ readonly memory: Broker; doubt: (chatId: number | null) => void }>();
  private isUp = true;

  connect(): Broker {
    const memory = createMemoryBroker();
    const node = { memory, doubt: (_chatId: number | null): void => undefined };
    this.nodes.add(node);
    return {
      ...memory,
      publish: (events) => this.carry(encodeEvents(events)),
      publishToUsers: (events) => this.carryToUsers(encodeEvents(events)),
      onDoubt: (listener) => void (node.doubt = listener),
      close: () => {
        this.nodes.delete(node);
        return memory.close();
      },
    };
  }

  /** Nothing is carried until `restore`. */
  cut(): void {
    this.isUp = false;
  }

  restore(): void {
    this.isUp = true;
    for (const { doubt } of this.nodes) doubt(null);
  }

  /** Bytes of whoever else is on the bus. */
  async carry(bytes: Uint8Array): Promise<void> {
    if (!this.isUp) throw new Error('the bus is down');
    for (const { memory, doubt } of this.nodes) {
      const { events, doubts } = decodeChatEvents(bytes);
      await memory.publish(events satisfies readonly ChatEvent[]);
      doubts.forEach(doubt);
    }
  }

  private async carryToUsers(bytes: Uint8Array): Promise<void> {
    if (!this.isUp) throw new Error('the bus is down');
    for (const { memory } of this.nodes) {
      await memory.publishToUsers(decodeUserEvents(bytes).events satisfies readonly UserEvent[]);
    }
  }
}
