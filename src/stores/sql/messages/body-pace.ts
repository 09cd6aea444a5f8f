/** The chats of a batch are locked for this long at most while its bodies are being written. */
export const BODY_PATIENCE_MS = 1_000;

/** Below this, bodies are written beside the locking read again. Well under the patience, so that it does not flutter. */
const QUICK_MS = 250;

/**
 * Whether bodies are written beside the first statements of the transaction, which halves the time of a send, or before
 * it, while the body store is slow and would keep the chats of the batch locked.
 */
export class BodyPace {
  #slow = false;

  get isSlow(): boolean {
    return this.#slow;
  }

  /** How long the bodies of a batch took, from their start. */
  took(ms: number): void {
    if (ms > BODY_PATIENCE_MS) this.#slow = true;
    else if (ms < QUICK_MS) this.#slow = false;
  }
}
