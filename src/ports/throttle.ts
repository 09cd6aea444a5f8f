/**
 * Counts attempts per key in a window that opens with the first one. Memory only: a restart forgives. 0 points in the settings = off.
 */
export interface Throttle {
  /** Takes one point; throws `rate_limited` with retryAfter when none is left. */
  consume(key: string): Promise<void>;
  /** Gives one point back (a successful login does not count as an attempt). */
  reward(key: string): Promise<void>;
}
