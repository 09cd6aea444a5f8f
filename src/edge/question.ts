import { randomBytes } from 'node:crypto';

/** Nobody guesses these, and whoever keeps an old one has no use for it. */
export const QUESTION_BYTES = 8;

/** What a ping asks a peer to repeat: proof that it has read that far, which no pong that it thought up is. */
export class Question {
  private asked: Buffer | null = null;

  /** The payload of a ping; the same again until it is answered. */
  ask(): Buffer {
    return (this.asked ??= randomBytes(QUESTION_BYTES));
  }

  /** Whether a pong with this payload answers; true once per question. */
  isAnsweredBy(payload: Uint8Array): boolean {
    if (this.asked?.equals(payload) !== true) return false;
    this.asked = null;
    return true;
  }
}
