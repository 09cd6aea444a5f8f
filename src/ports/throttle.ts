/** What is counted, and how many times the usual number of points it may take: Network of domain/client-address.ts. */
export interface Counted {
  readonly key: string;
  readonly factor: number;
}

/**
 * Counts attempts per key in a window that opens with the first one. Memory only: a restart forgives. 0 points in the settings = off.
 */
export interface Throttle {
  /** Takes one point from every key, or none from any: throws `rate_limited` when one of them has none left, and when all will have. */
  consume(keys: readonly Counted[]): Promise<void>;
  /** Gives one point back to every key: what was counted turned out to be no attempt. */
  reward(keys: readonly Counted[]): Promise<void>;
}
