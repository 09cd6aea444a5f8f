import type { BodyStore } from '../../ports/body-store.js';
import type { Clock } from '../../ports/clock.js';
import type { Logger } from '../../ports/logger.js';
import type { OldBodyStore } from '../../ports/old-body-store.js';

export interface EraseWorker {
  start(): void;
  /** Looks for due bodies soon instead of at the next interval. */
  wake(): void;
  /** Erases what is due now and answers how many bodies that were. */
  runOnce(): Promise<number>;
  /** Resolves when a pass under way has ended; nothing is erased after that. */
  stop(): Promise<void>;
}

/** A deleted body is due at once: this bounds how long it can outlive its message while nothing wakes the worker. */
const INTERVAL_MS = 15_000;
const WAKE_DELAY_MS = 200;
const BATCH = 200;

/**
 * The only one that removes filed bodies from the body store. First the body, then its entry in the file: a crash in
 * between erases twice, never not at all.
 */
export function createEraseWorker(deps: {
  readonly oldBodies: OldBodyStore;
  readonly bodies: BodyStore;
  readonly clock: Clock;
  readonly logger: Logger;
}): EraseWorker {
  let timer: NodeJS.Timeout | null = null;
  let pass: Promise<number> | null = null;
  let stopped = true;

  async function erase(): Promise<number> {
    let erased = 0;
    for (;;) {
      const due = await deps.oldBodies.due(new Date(deps.clock.now()), BATCH);
      if (due.length === 0) return erased;
      const ids = due.map((filed) => filed.bodyId);
      await deps.bodies.delete(ids);
      await deps.oldBodies.markErased(ids, new Date(deps.clock.now()));
      erased += ids.length;
    }
  }

  async function runOnce(): Promise<number> {
    pass ??= erase().finally(() => {
      pass = null;
    });
    return pass;
  }

  function schedule(delay: number): void {
    if (stopped) return;
    if (timer !== null) clearTimeout(timer);
    timer = setTimeout(() => {
      timer = null;
      runOnce()
        .catch((error: unknown) => deps.logger.warn({ err: error }, 'erasing deleted bodies failed, trying again'))
        .finally(() => schedule(INTERVAL_MS));
    }, delay);
    timer.unref();
  }

  return {
    start() {
      stopped = false;
      schedule(WAKE_DELAY_MS);
    },
    wake() {
      if (pass === null) schedule(WAKE_DELAY_MS);
    },
    runOnce,
    async stop() {
      stopped = true;
      if (timer !== null) clearTimeout(timer);
      timer = null;
      await pass?.catch(() => 0);
    },
  };
}
