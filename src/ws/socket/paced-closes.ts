import type { Clock } from '../../ports/clock.js';

/** Sockets that are closed in one go: a few hundred clients that come back together are no burden to anyone. */
const AT_ONCE = 250;
/** More than that are closed in this many slices, spread evenly over 950 ms: of 10,000 sockets 500 every 50 ms. */
const SLICES = 20;
const PAUSE_MS = 50;

export interface Pacing {
  readonly clock: Pick<Clock, 'monotonic'>;
  /** Resolves after about so many milliseconds. */
  readonly pause: (ms: number) => Promise<void>;
}

/**
 * Calls `close` once for each item, in the order given: all of them before it returns where they are few, else in slices
 * over about a second. Every closed client connects again at once, and where all do so in the same moment, they keep each
 * other waiting. How much is due follows the clock, not the count of pauses: a busy process makes the slices larger, not
 * the stop longer.
 */
export async function closePaced<T>(items: readonly T[], close: (item: T) => void, pacing: Pacing): Promise<void> {
  const { clock, pause } = pacing;
  const slice = Math.max(AT_ONCE, Math.ceil(items.length / SLICES));
  const began = clock.monotonic();
  let closed = 0;
  for (;;) {
    // Rounded, because a timer may fire a little before its time.
    const due = slice * (1 + Math.round((clock.monotonic() - began) / PAUSE_MS));
    for (const item of items.slice(closed, due)) close(item);
    closed = due;
    if (closed >= items.length) return;
    await pause(PAUSE_MS);
  }
}
