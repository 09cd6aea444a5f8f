/** Enough for every client that is repeating after a fault; one that falls out costs a batch one more transaction. */
const MOST = 10_000;

/**
 * Senders whose repeats ran into the unique key. Nearly no send is a repeat, so none is looked up in advance; but whoever
 * repeats once (a client that reconnects, or one that wants to slow the server down) would make batches run twice, so
 * their sends are looked up with the locking read from then on.
 */
export class Repeaters {
  /** Longest ago first. */
  readonly #senders = new Set<number>();
  readonly #most: number;

  constructor(most = MOST) {
    this.#most = most;
  }

  has(senderId: number): boolean {
    return this.#senders.has(senderId);
  }

  add(senderId: number): void {
    this.#senders.delete(senderId);
    this.#senders.add(senderId);
    const [oldest] = this.#senders;
    if (this.#senders.size > this.#most && oldest !== undefined) this.#senders.delete(oldest);
  }
}
