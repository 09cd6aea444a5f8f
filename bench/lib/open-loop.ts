/** Calls `fire` at random moments, whatever becomes of the calls before: the way messages of many people arrive. */
export interface OpenLoopOptions {
  readonly perSecond: number;
  readonly ms: number;
  readonly fire: () => void;
}

/** How late the calls were, in milliseconds: a generator that falls behind would hide waiting times. */
export interface Lateness {
  readonly calls: number;
  readonly lateMs: readonly number[];
}

/**
 * A Poisson process. Node's timers are exact to a millisecond, so calls of the same millisecond come together; a busy
 * loop would be more exact and take a core from the server.
 */
export function openLoop({ perSecond, ms, fire }: OpenLoopOptions): Promise<Lateness> {
  return new Promise((resolve, reject) => {
    const startedAt = performance.now();
    const lateMs: number[] = [];
    let due = gap(perSecond);

    function tick(): void {
      const now = performance.now() - startedAt;
      try {
        while (due <= now && due < ms) {
          lateMs.push(now - due);
          fire();
          due += gap(perSecond);
        }
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)));
        return;
      }
      if (due >= ms) resolve({ calls: lateMs.length, lateMs });
      else setTimeout(tick, 1);
    }
    tick();
  });
}

/** Milliseconds to the next arrival, exponentially distributed. */
function gap(perSecond: number): number {
  return (-Math.log(1 - Math.random()) * 1_000) / perSecond;
}
