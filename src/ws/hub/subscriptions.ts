import type { Logger } from '../../ports/logger.js';

/**
 * Subscribes and unsubscribes one call after the other per id: the last socket's leaving and the next one's coming may
 * overlap, and the broker must not see the unsubscribe last.
 */
export class Subscriptions {
  /** By id, what is under way or waits its turn. */
  private readonly tails = new Map<number, Promise<void>>();

  constructor(
    private readonly calls: {
      subscribe(id: number): Promise<void>;
      unsubscribe(id: number): Promise<void>;
    },
    private readonly logger: Logger,
  ) {}

  /** Resolves when every event published from then on is delivered. */
  acquire(id: number): Promise<void> {
    return this.enqueue(id, () => this.calls.subscribe(id));
  }

  release(id: number): void {
    this.enqueue(id, () => this.calls.unsubscribe(id)).catch((error: unknown) => {
      // Costs only events nobody listens to, until the next socket of the same leaves.
      this.logger.warn({ err: error, id }, 'a subscription could not be ended');
    });
  }

  private enqueue(id: number, call: () => Promise<void>): Promise<void> {
    const before = this.tails.get(id);
    const result = before === undefined ? call() : before.then(call);
    const tail = result.then(
      () => undefined,
      () => undefined,
    );
    this.tails.set(id, tail);
    void tail.then(() => {
      if (this.tails.get(id) === tail) this.tails.delete(id);
    });
    return result;
  }
}
