import type { Clock } from '../ports/clock.js';
import { retryAfterOf } from './retry-after.js';
import { ShortMemory } from './short-memory.js';

/** Longer than this nobody is sent away: by then everything is different. */
const MAX_MS = 60_000;
const MAX_NAMES = 10_000;

/**
 * When those who are refused may come back, so that there is room for them then: one after the other, as fast as their
 * network has turns. Sent away for the same second, they would all be refused again. Each network has times of its own, so
 * that nobody's flood sends others away for longer.
 */
export class Appointments {
  private readonly last: ShortMemory<number>;

  constructor(private readonly clock: Clock) {
    this.last = new ShortMemory(clock, MAX_NAMES);
  }

  /** Seconds: `roomMs` from now at the earliest, and `paceMs` after the one before of the same name. */
  make(name: string, roomMs: number, paceMs: number): number {
    const now = this.clock.monotonic();
    const last = this.last.get(name);
    const inOrder = last === null ? 0 : last.value + paceMs;
    const at = Math.min(Math.max(now + roomMs, inOrder), now + MAX_MS);
    this.last.set(name, at, at);
    return retryAfterOf(at - now);
  }
}
