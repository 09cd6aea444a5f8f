/** Time as the process sees it. Tests pass their own; nothing reads Date directly. */
export interface Clock {
  /** Milliseconds since the epoch, may jump when the machine's clock is set. */
  now(): number;
  /** Milliseconds that only ever grow, for deadlines and durations. */
  monotonic(): number;
}
