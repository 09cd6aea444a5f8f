import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../ports/clock.js';
import type { Logger } from '../ports/logger.js';

/** Why an attempt to reach a database failed, in words without secrets. */
export interface Obstacle {
  readonly reason: string;
  /** False: waiting cannot help (wrong password, no such database). */
  readonly mayPass: boolean;
}

export interface WaitOptions<T> {
  /** For messages: `MySQL at 127.0.0.1:3306`. */
  readonly what: string;
  /** On the monotonic clock. */
  readonly deadline: number;
  readonly attempt: () => Promise<T>;
  readonly explain: (error: unknown) => Obstacle;
}

const PAUSE_MS = 300;
/** How often a start that waits says so. */
const SAY_MS = 5_000;

/** Tries until it works; rejects, naming what and why, at the deadline or when waiting cannot help. */
export async function waitFor<T>(deps: { clock: Clock; logger: Logger }, options: WaitOptions<T>): Promise<T> {
  const { what, deadline, attempt, explain } = options;
  let saidAt = Number.NEGATIVE_INFINITY;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      const { reason, mayPass } = explain(error);
      if (!mayPass) throw new Error(`Cannot use ${what}: ${reason}`, { cause: error });
      const now = deps.clock.monotonic();
      if (now + PAUSE_MS > deadline) throw new Error(`Cannot reach ${what}: ${reason}`, { cause: error });
      if (now - saidAt >= SAY_MS) {
        saidAt = now;
        deps.logger.info({ reason, secondsLeft: Math.round((deadline - now) / 1_000) }, `waiting for ${what}`);
      }
      await sleep(PAUSE_MS);
    }
  }
}
