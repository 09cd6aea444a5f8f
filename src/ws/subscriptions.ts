import type { Broker } from '../ports/broker.js';
import type { Logger } from '../ports/logger.js';

/**
 * Subscribes and unsubscribes chats one call after the other per chat: the last socket's leaving and the next one's
 * coming may overlap, and the broker must not see the unsubscribe last.
 */
export class Subscriptions {
  private readonly tails = new Map<number, Promise<void>>();

  constructor(
    private readonly broker: Broker,
    private readonly logger: Logger,
  ) {}

  /** Resolves when every event published from then on is delivered. */
  acquire(chatId: number): Promise<void> {
    return this.enqueue(chatId, () => this.broker.subscribe(chatId));
  }

  release(chatId: number): void {
    this.enqueue(chatId, () => this.broker.unsubscribe(chatId)).catch((error: unknown) => {
      // Costs only events nobody listens to, until the next socket of the chat leaves.
      this.logger.warn({ err: error, chatId }, 'a chat could not be unsubscribed');
    });
  }

  private enqueue(chatId: number, call: () => Promise<void>): Promise<void> {
    const before = this.tails.get(chatId) ?? Promise.resolve();
    const result = before.then(call);
    const tail = result.then(
      () => undefined,
      () => undefined,
    );
    this.tails.set(chatId, tail);
    void tail.then(() => {
      if (this.tails.get(chatId) === tail) this.tails.delete(chatId);
    });
    return result;
  }
}
