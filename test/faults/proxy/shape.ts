import { setImmediate } from 'node:timers/promises';
import type { Socket } from 'node:net';

/**
 * In how many pieces bytes leave: as they came, one by one, each packet in two parts cut one byte further every time,
 * or packets that come within a few milliseconds as one.
 */
export type Shape = 'whole' | 'dribble' | 'split' | 'coalesce';

const COALESCE_MS = 5;

/** Writes to one side of a connection, in order. */
export class ShapedWriter {
  private cutAt = 0;
  private joined: Buffer[] = [];
  private timer: NodeJS.Timeout | null = null;

  constructor(
    private readonly socket: Socket,
    private readonly shape: () => Shape,
  ) {}

  async write(bytes: Buffer): Promise<void> {
    const shape = this.shape();
    switch (shape) {
      case 'whole':
        this.push(bytes);
        return;
      case 'dribble':
        for (let at = 0; at < bytes.length && !this.socket.destroyed; at += 1) await this.piece(bytes, at, at + 1);
        return;
      case 'split': {
        this.cutAt += 1;
        const at = bytes.length < 2 ? 0 : 1 + (this.cutAt % (bytes.length - 1));
        if (at > 0) await this.piece(bytes, 0, at);
        return this.piece(bytes, at, bytes.length);
      }
      case 'coalesce':
        this.joined.push(bytes);
        this.timer ??= setTimeout(() => this.flush(), COALESCE_MS);
        return;
      default:
        return shape satisfies never;
    }
  }

  /** What waits to be joined leaves now. */
  flush(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    if (this.joined.length > 0) this.push(Buffer.concat(this.joined.splice(0)));
  }

  private push(bytes: Buffer): void {
    if (this.socket.writable) this.socket.write(bytes);
  }

  /** A turn of the loop after each piece: without it the kernel joins them again. */
  private async piece(bytes: Buffer, from: number, to: number): Promise<void> {
    this.push(bytes.subarray(from, to));
    await setImmediate();
  }
}
