import type { Clock } from '../../ports/clock.js';

/** Seconds of the allowed rate that may come at once: a client may save up for a burst, not for a flood. */
const BURST_SECONDS = 2;

/** Bounds the frames of one socket, of any opcode: `perSecond` on average; 0 = no limit. */
export class TokenBucket {
  private tokens: number;
  private refilledAt: number;

  constructor(
    private readonly perSecond: number,
    private readonly clock: Clock,
  ) {
    this.tokens = perSecond * BURST_SECONDS;
    this.refilledAt = clock.monotonic();
  }

  /** False: this frame is one too many. */
  take(): boolean {
    if (this.perSecond === 0) return true;
    const now = this.clock.monotonic();
    const earned = ((now - this.refilledAt) / 1_000) * this.perSecond;
    this.tokens = Math.min(this.perSecond * BURST_SECONDS, this.tokens + earned);
    this.refilledAt = now;
    if (this.tokens < 1) return false;
    this.tokens -= 1;
    return true;
  }
}
