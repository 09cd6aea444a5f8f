import type { HttpResponse } from 'uWebSockets.js';
import type { WaitingAnswer } from '../waiting-answers.js';

/** What the native side collects before it writes; more is written past it, and then `tryEnd` tells what was taken. */
const CORK_BYTES = 16 * 1024;

/** Well within the native clock, which counts in steps of 4 s. */
const KEEP_MS = 3_000;

/** What a held answer needs of its exchange. */
export interface HeldAnswerHost {
  readonly peerAddress: string;
  /** Writes the head; called corked. */
  head(): void;
  /** All of it has left the process. */
  left(): void;
  /** The peer takes nothing. */
  cut(): void;
  guard(step: () => void): void;
}

/**
 * An answer that stays pending until the system has all of it, so that nothing further is run on its connection (the
 * native side drops one that sends its next request meanwhile): a large one, one behind others of which nobody knows
 * whether they have left, and one that is the last of its connection.
 *
 * `end` says nothing of what it left in the native buffer, and neither does a `tryEnd` of
 * what fits the cork buffer. The last byte is therefore held back and tried by itself: it is taken only when nothing is left before it.
 */
export class HeldAnswer implements WaitingAnswer {
  readonly peerPort = null;
  readonly peerAddress: string;
  readonly bytes: number;
  private offset = 0;
  private keptAt = performance.now();
  private over = false;

  /** `body` is not empty. `closes`: the native side is left to take it for pending, so that its owner can close later. */
  constructor(
    private readonly res: HttpResponse,
    private readonly body: Buffer,
    private readonly closes: boolean,
    private readonly host: HeldAnswerHost,
  ) {
    this.peerAddress = host.peerAddress;
    this.bytes = body.byteLength;
  }

  /** True where all of it has left at once. Call it uncorked. */
  start(): boolean {
    const { res, body, closes, host } = this;
    res.onWritable((offset) => {
      host.guard(() => this.advance(offset));
      return true;
    });
    res.cork(() => {
      host.guard(() => {
        host.head();
        const first = closes || body.byteLength <= CORK_BYTES ? body.subarray(0, -1) : body;
        const [, ended] = res.tryEnd(first, body.byteLength);
        if (ended) this.finish();
      });
    });
    if (!this.over) this.advance(res.getWriteOffset());
    return this.over;
  }

  given(): number {
    return this.offset;
  }

  /**
   * The native clock allows 10 s between two moments at which the system takes more; a steady reader of 60 KB/s needs
   * 14. It starts anew with a pause, behind which nothing is watched at all, and its end.
   */
  keep(): void {
    const now = performance.now();
    if (this.over || now - this.keptAt < KEEP_MS) return;
    this.keptAt = now;
    this.res.pause();
    this.res.resume();
  }

  cut(): void {
    this.over = true;
    this.host.cut();
  }

  private advance(from: number): void {
    if (this.over) return;
    const { res, body } = this;
    const last = body.byteLength - 1;
    this.offset = from;
    res.cork(() => {
      this.host.guard(() => {
        if (from < last) {
          res.tryEnd(body.subarray(from, last), body.byteLength);
          this.offset = res.getWriteOffset();
        }
        if (this.offset >= last) this.tryLastByte();
      });
    });
  }

  private tryLastByte(): void {
    const { res, body, closes } = this;
    // One byte more than there is: the answer is whole and the native side goes on waiting for the rest.
    const total = closes ? body.byteLength + 1 : body.byteLength;
    const [taken] = res.tryEnd(body.subarray(-1), total);
    if (taken) this.finish();
  }

  private finish(): void {
    this.over = true;
    this.host.left();
  }
}
