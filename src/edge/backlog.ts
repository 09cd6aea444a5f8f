import { frameBytes } from './rules.js';
import { QUESTION_BYTES } from './question.js';

/** Bytes that the transport itself may hold for one socket before frames wait in its backlog. */
export const WINDOW_BYTES = 64 * 1024;

/** A ping that waits in its place among the frames. */
export const PING = Symbol('ping');

export type WaitingFrame = Uint8Array | typeof PING;

/**
 * Frames of one socket that wait for the transport, oldest first. Here a frame costs its place in a list: sockets that
 * are behind in one chat share its bytes, and nothing is left of them once the socket is gone. The transport copies what it
 * is given, and the native one keeps it for as long as a peer that has closed does not take it.
 */
export class Backlog {
  private frames: WaitingFrame[] = [];
  private next = 0;
  /** As they will be on the wire. */
  bytes = 0;

  get isEmpty(): boolean {
    return this.next === this.frames.length;
  }

  add(frame: WaitingFrame): void {
    this.frames.push(frame);
    this.bytes += sizeOf(frame);
  }

  take(): WaitingFrame | undefined {
    const frame = this.frames[this.next];
    if (frame === undefined) return undefined;
    this.next += 1;
    this.bytes -= sizeOf(frame);
    // What was taken is let go of in halves: moving the rest down each time would take time with its square.
    if (this.next * 2 >= this.frames.length) {
      this.frames = this.frames.slice(this.next);
      this.next = 0;
    }
    return frame;
  }
}

function sizeOf(frame: WaitingFrame): number {
  return frameBytes(frame === PING ? QUESTION_BYTES : frame.byteLength);
}
