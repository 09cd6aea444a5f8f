import type { LogPort, Written } from './log-port.js';

export interface LogOutletOptions {
  /** Bytes that wait for a reader or a device, besides the piece under way; what comes beyond is left out. */
  readonly maxBytes?: number;
  /** How long a refused piece waits for its next try. */
  readonly retryMs?: number;
  /** How long a full terminal is left alone. */
  readonly fullMs?: number;
}

/**
 * Between the logger and where it writes. The log is a peer like any other: whatever its reader or its disk does, nobody
 * here waits for it, and what waits is bounded. Lines are left out whole, the newest ones, so that what came first of a
 * trouble is kept; how many they were is told when writing goes on.
 */
export class LogOutlet {
  readonly #port: LogPort;
  readonly #onLoss: (lines: number) => void;
  readonly #options: Required<LogOutletOptions>;
  #held: Buffer[] = [];
  #heldBytes = 0;
  #lost = 0;
  /** A piece is with the port, or its next try is waited for. */
  #isBusy = false;
  #isInPort = false;
  #isClosed = false;
  #onEmpty: (() => void)[] = [];

  constructor(port: LogPort, onLoss: (lines: number) => void, options: LogOutletOptions = {}) {
    this.#port = port;
    this.#onLoss = onLoss;
    this.#options = { maxBytes: 1_048_576, retryMs: 1_000, fullMs: 20, ...options };
  }

  /** Whole lines. */
  write(text: string): void {
    const bytes = Buffer.from(text, 'utf8');
    if (this.#isClosed || this.#heldBytes + bytes.byteLength > this.#options.maxBytes) {
      this.#lost += countLines(text);
      return;
    }
    this.#held.push(bytes);
    this.#heldBytes += bytes.byteLength;
    this.#next();
  }

  /** Lines left out since the last that were told. */
  get lost(): number {
    return this.#lost;
  }

  /** Resolves when everything is written, or after `ms`: a reader that stands still is not waited for. */
  async drained(ms: number): Promise<void> {
    if (this.#heldBytes === 0 && !this.#isBusy) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#onEmpty.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  /** For a process that ends now: what can be written without waiting. */
  writeLast(): void {
    if (this.#isInPort || this.#isClosed || this.#heldBytes === 0) return;
    this.#port.writeLast(this.#take());
  }

  #next(): void {
    while (!this.#isBusy && this.#heldBytes > 0) {
      const piece = this.#take();
      this.#isBusy = true;
      this.#isInPort = true;
      this.#port.write(piece, (written) => this.#after(piece, written));
    }
    if (!this.#isBusy) this.#tellEmpty();
  }

  #take(): Buffer {
    const piece = this.#held.length === 1 ? (this.#held[0] ?? Buffer.alloc(0)) : Buffer.concat(this.#held);
    this.#held = [];
    this.#heldBytes = 0;
    return piece;
  }

  #after(piece: Buffer, { bytes, trouble }: Written): void {
    this.#isInPort = false;
    if (trouble === 'closed') return this.#close(piece);
    const rest = piece.subarray(bytes);
    if (rest.byteLength > 0) {
      this.#held.unshift(rest);
      this.#heldBytes += rest.byteLength;
    }
    const { fullMs, retryMs } = this.#options;
    if (trouble !== null) {
      setTimeout(() => this.#goOn(), trouble === 'full' ? fullMs : retryMs).unref();
      return;
    }
    this.#goOn();
    this.#tellLoss();
  }

  /** Only now that what was held is with the port: the line that tells needs room itself. */
  #tellLoss(): void {
    const lost = this.#lost;
    this.#lost = 0;
    if (lost > 0) this.#onLoss(lost);
  }

  #goOn(): void {
    this.#isBusy = false;
    this.#next();
  }

  /** Nobody will ever read: there is nothing to keep. */
  #close(piece: Buffer): void {
    this.#isClosed = true;
    this.#isBusy = false;
    this.#lost +=
      countLines(piece.toString('utf8')) + this.#held.reduce((sum, text) => sum + countLines(text.toString('utf8')), 0);
    this.#held = [];
    this.#heldBytes = 0;
    this.#tellEmpty();
  }

  #tellEmpty(): void {
    const waiting = this.#onEmpty;
    this.#onEmpty = [];
    for (const resolve of waiting) resolve();
  }
}

function countLines(text: string): number {
  return text.split('\n').length - 1;
}
