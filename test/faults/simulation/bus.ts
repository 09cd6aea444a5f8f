import type { ChatEvent } from '../../../src/domain/events.js';
import type { Broker } from '../../../src/ports/broker.js';
import type { Scheduler } from './scheduler.js';
import type { Database } from './transactions.js';

/** A node on the bus. */
interface Station {
  readonly owner: object;
  readonly subscribed: Set<number>;
  listener: (events: readonly ChatEvent[]) => void;
}

/** Events between nodes: each call arrives at each node at a time of its own, perhaps twice, perhaps never. */
export class Bus {
  private readonly nodes = new Set<Station>();

  constructor(
    private readonly sim: Scheduler,
    private readonly database: Database,
  ) {}

  connect(owner: object): Broker {
    const { sim } = this;
    const node: Station = { owner, subscribed: new Set(), listener: () => undefined };
    this.nodes.add(node);
    return {
      onEvents: (listener) => void (node.listener = listener),
      async subscribe(chatId) {
        await sim.step(owner);
        node.subscribed.add(chatId);
      },
      async unsubscribe(chatId) {
        await sim.step(owner);
        node.subscribed.delete(chatId);
      },
      publish: (events) => {
        for (const other of this.nodes) this.carry(other, events);
        return Promise.resolve();
      },
      onUserEvents: () => undefined,
      subscribeUser: () => Promise.resolve(),
      unsubscribeUser: () => Promise.resolve(),
      publishToUsers: () => Promise.resolve(),
      onDoubt: () => undefined,
      close: () => Promise.resolve(),
    };
  }

  disconnect(owner: object): void {
    for (const node of this.nodes) if (node.owner === owner) this.nodes.delete(node);
  }

  private carry(node: Station, events: readonly ChatEvent[]): void {
    const { random } = this.sim;
    const { eventLost, eventTwice } = this.database.rates;
    const wanted = events.filter((event) => node.subscribed.has(event.chatId) && !random.chance(eventLost));
    const times = random.chance(eventTwice) ? 2 : 1;
    for (let time = 0; time < times && wanted.length > 0; time += 1) {
      void this.sim.step(node.owner).then(() => node.listener(wanted));
    }
  }
}
