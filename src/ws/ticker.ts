/** Length of one tick. A socket outlives its token by at most this; limits given in seconds are this exact. */
export const TICK_MS = 250;

/**
 * The one timer of the sockets. Waiting is counted in ticks, not in time: a process that stalls for ten seconds misses
 * its ticks and does not blame its readers or the broker for the silence.
 */
export interface Ticker {
  /** Calls `run` about every TICK_MS until the returned function is called. */
  start(run: () => void): () => void;
}

export const systemTicker: Ticker = {
  start(run) {
    const timer = setInterval(run, TICK_MS);
    timer.unref();
    return () => {
      clearInterval(timer);
    };
  },
};

/** Milliseconds as a number of ticks, at least one; 0 stays 0 (off). */
export function toTicks(ms: number): number {
  return ms === 0 ? 0 : Math.max(1, Math.ceil(ms / TICK_MS));
}
