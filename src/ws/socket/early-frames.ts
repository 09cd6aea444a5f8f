import { LIMITS } from '../../protocol/limits.js';

/** Frames that may wait for the socket to go live; a client that knows the protocol sends one or two. */
const MAX_FRAMES = 32;
/** One largest legal frame: a client cannot see when its socket goes live, so its first frame may be that large. */
const MAX_BYTES = LIMITS.frameBytes;

export interface EarlyFrame {
  readonly data: Uint8Array;
  readonly binary: boolean;
}

/**
 * What a client sends before its socket is live. Bounded, because nobody knows yet who it is: without the bound, a
 * thousand sockets with bad tokens could each park frames in memory while the store is slow.
 */
export class EarlyFrames {
  private frames: EarlyFrame[] = [];
  private bytes = 0;

  /** Copies the frame. False: the bound is reached. */
  add(data: Uint8Array, binary: boolean): boolean {
    this.bytes += data.byteLength;
    if (this.frames.length >= MAX_FRAMES || this.bytes > MAX_BYTES) return false;
    this.frames.push({ data: Uint8Array.from(data), binary });
    return true;
  }

  /** Everything that was added, in order; forgets it. */
  take(): readonly EarlyFrame[] {
    const { frames } = this;
    this.frames = [];
    return frames;
  }
}
