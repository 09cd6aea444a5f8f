import { AppError } from '../../../domain/errors.js';
import type { AppendOutcome, MessageDraft } from '../../../ports/message-log.js';

/** A send that waits for its outcome. */
export interface WaitingSend {
  readonly draft: MessageDraft;
  readonly bytes: number;
  /** By performance.now(). */
  readonly since: number;
  readonly resolve: (outcome: AppendOutcome) => void;
}

/** Sends in the order of their arrival, and how much they hold. */
export class WaitingQueue {
  #items: WaitingSend[] = [];
  #bytes = 0;

  get length(): number {
    return this.#items.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  push(waiting: WaitingSend): void {
    this.#items.push(waiting);
    this.#bytes += waiting.bytes;
  }

  take(most: number): readonly WaitingSend[] {
    const taken = this.#items.slice(0, most);
    this.#items = this.#items.slice(most);
    for (const { bytes } of taken) this.#bytes -= bytes;
    return taken;
  }

  /** Puts back what was taken last, in front of what has come since. */
  putBack(taken: readonly WaitingSend[]): void {
    this.#items = [...taken, ...this.#items];
    for (const { bytes } of taken) this.#bytes += bytes;
  }

  /** Refuses those that have waited since before then; nothing has happened to them yet. */
  refuseOlder(than: number): void {
    const young = this.#items.findIndex((waiting) => waiting.since >= than);
    for (const { resolve } of this.take(young < 0 ? this.length : young)) {
      resolve({ ok: false, error: new AppError('unavailable', { retryAfter: 1 }) });
    }
  }
}
