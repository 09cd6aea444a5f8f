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
  /** Ends a pass under way after its present batch; nothing is erased after that. */
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
  let timer: { readonly handle: NodeJS.Timeout; readonly at: number } | null = null;
  let pass: Promise<number> | null = null;
  let started = false;
  let stopping = false;
  /** Something was filed during a pass, perhaps behind its back. */
  let again = false;

  async function erase(): Promise<number> {
    let erased = 0;
    while (!stopping) {
      const due = await deps.oldBodies.due(new Date(deps.clock.now()), BATCH);
      if (due.length === 0) break;
      const ids = due.map((filed) => filed.bodyId);
      await deps.bodies.delete(ids);
      await deps.oldBodies.markErased(ids, new Date(deps.clock.now()));
      erased += ids.length;
    }
    return erased;
  }

  async function runOnce(): Promise<number> {
    pass ??= erase().finally(() => {
      pass = null;
    });
    return pass;
  }

  /** Never later than what is scheduled already: a steady stream of deletes must not put the pass off. */
  function schedule(delay: number): void {
    if (!started || stopping) return;
    const at = deps.clock.monotonic() + delay;
    if (timer !== null) {
      if (timer.at <= at) return;
      clearTimeout(timer.handle);
    }
    timer = { handle: setTimeout(onTimer, delay).unref(), at };
  }

  function onTimer(): void {
    timer = null;
    again = false;
    runOnce()
      .catch((error: unknown) => deps.logger.warn({ err: error }, 'erasing deleted bodies failed, trying again'))
      .finally(() => schedule(again ? WAKE_DELAY_MS : INTERVAL_MS));
  }

  return {
    start() {
      started = true;
      schedule(WAKE_DELAY_MS);
    },
    wake() {
      if (pass === null) schedule(WAKE_DELAY_MS);
      else again = true;
    },
    runOnce,
    async stop() {
      stopping = true;
      if (timer !== null) clearTimeout(timer.handle);
      timer = null;
      await pass?.catch(() => 0);
    },
  };
}
