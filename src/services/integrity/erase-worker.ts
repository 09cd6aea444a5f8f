import { setImmediate as nextTurn } from 'node:timers/promises';
import type { EraseFigures } from '../../domain/stats.js';
import type { BodyStore } from '../../ports/body-store.js';
import type { Clock } from '../../ports/clock.js';
import { NO_FAILPOINTS, type Failpoints } from '../../ports/failpoints.js';
import type { Leases } from '../../ports/leases.js';
import type { Logger } from '../../ports/logger.js';
import type { FiledBody, OldBodyStore } from '../../ports/old-body-store.js';

export interface EraseWorker {
  start(): void;
  /** Looks for due bodies soon instead of at the next interval. */
  wake(): void;
  /** Erases what is due now and answers how many bodies that were; none while a backup is being made. */
  runOnce(): Promise<number>;
  figures(): Promise<EraseFigures>;
  /** Ends a pass under way after its present batch; nothing is erased after that. */
  stop(): Promise<void>;
}

/** A deleted body is due at once: this bounds how long it can outlive its message while nothing wakes the worker. */
const INTERVAL_MS = 15_000;
const WAKE_DELAY_MS = 200;
const BATCH = 200;
/** How long the entry of an erased body is kept, for whoever has to tell when a text was erased. */
const RECORD_MS = 30 * 24 * 3_600_000;
const FORGET_EVERY_MS = 3_600_000;

/**
 * The only one that removes filed bodies from the body store. First the body, then its entry in the file: a crash in
 * between erases twice, never not at all. What is due is told by the database's clock, which filed it.
 */
export function createEraseWorker(deps: {
  readonly oldBodies: OldBodyStore;
  readonly bodies: Pick<BodyStore, 'delete'>;
  readonly leases: Pick<Leases, 'heldUntil'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly failpoints?: Failpoints;
}): EraseWorker {
  const { oldBodies, bodies, leases, clock, logger, failpoints = NO_FAILPOINTS } = deps;
  const ages = createRecentAges();
  let erasedSoFar = 0;
  let forgetAt = 0;
  let timer: { readonly handle: NodeJS.Timeout; readonly at: number } | null = null;
  let pass: Promise<number> | null = null;
  let started = false;
  let stopping = false;
  /** Something was filed during a pass, perhaps behind its back. */
  let again = false;

  async function erase(): Promise<number> {
    let erased = 0;
    while (!stopping) {
      const due = await oldBodies.due(await oldBodies.now(), BATCH);
      // In this order: a backup that begins after the look has its metadata from a moment when all of these were filed.
      if (due.length === 0 || (await leases.heldUntil('backup')) !== null) break;
      await eraseBatch(due);
      erased += due.length;
    }
    return erased;
  }

  async function eraseBatch(due: readonly FiledBody[]): Promise<void> {
    const ids = due.map((filed) => filed.bodyId);
    await failpoints.hit('erase.before_delete');
    await bodies.delete(ids);
    await failpoints.hit('erase.after_delete');
    const now = await oldBodies.now();
    await oldBodies.markErased(ids, now);
    for (const { dueAt } of due) ages.note(now.getTime() - dueAt.getTime());
    erasedSoFar += ids.length;
    await failpoints.hit('erase.after_mark');
  }

  /** Every table is bounded by what people keep: what was erased is a number in the end. */
  async function forgetOld(): Promise<void> {
    if (clock.monotonic() < forgetAt) return;
    const before = new Date((await oldBodies.now()).getTime() - RECORD_MS);
    while (!stopping && (await oldBodies.forget(before, BATCH)) === BATCH) await nextTurn();
    forgetAt = clock.monotonic() + FORGET_EVERY_MS;
  }

  async function passOnce(): Promise<number> {
    const erased = await erase();
    if (!stopping) await forgetOld();
    return erased;
  }

  async function runOnce(): Promise<number> {
    pass ??= passOnce().finally(() => {
      pass = null;
    });
    return pass;
  }

  /** Never later than what is scheduled already: a steady stream of deletes must not put the pass off. */
  function schedule(delay: number): void {
    if (!started || stopping) return;
    const at = clock.monotonic() + delay;
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
      .catch((error: unknown) => logger.warn({ err: error }, 'erasing deleted bodies failed, trying again'))
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
    async figures() {
      const now = await oldBodies.now();
      const [{ count, oldestDueAt }, pausedUntil, forgotten] = await Promise.all([
        oldBodies.backlog(now),
        leases.heldUntil('backup'),
        oldBodies.forgotten(),
      ]);
      return {
        waiting: count,
        oldestMs: oldestDueAt === null ? 0 : now.getTime() - oldestDueAt.getTime(),
        erased: erasedSoFar,
        forgotten,
        ageP50Ms: ages.percentile(0.5),
        ageP99Ms: ages.percentile(0.99),
        pausedUntil,
      };
    },
    async stop() {
      stopping = true;
      if (timer !== null) clearTimeout(timer.handle);
      timer = null;
      await pass?.catch(() => 0);
    },
  };
}

/** The last so many ages, for percentiles of what is going on now. */
export interface RecentAges {
  note(milliseconds: number): void;
  /** null: nothing was noted yet. */
  percentile(share: number): number | null;
}

const KEPT = 1_024;

export function createRecentAges(): RecentAges {
  const kept: number[] = [];
  let next = 0;
  return {
    note(milliseconds) {
      kept[next] = milliseconds;
      next = (next + 1) % KEPT;
    },
    percentile(share) {
      if (kept.length === 0) return null;
      const sorted = kept.toSorted((a, b) => a - b);
      return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? null;
    },
  };
}
