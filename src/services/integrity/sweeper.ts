import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { lowestIdFrom, mintedAt, ORPHAN_AFTER_MS } from '../../domain/body-id.js';
import type { SweepFigures } from '../../domain/stats.js';
import type { BodyStore } from '../../ports/body-store.js';
import type { Clock } from '../../ports/clock.js';
import { NO_FAILPOINTS } from '../../ports/failpoints.js';
import type { Leases } from '../../ports/leases.js';
import type { Logger } from '../../ports/logger.js';
import { sweepBatch, type SweepBatchDeps } from './sweep-batch.js';

/** Times of the sweeper; tests bring shorter ones. */
export interface SweepTimes {
  readonly orphanAfterMs: number;
  /** How far back a pass looks; what is older is found by the full pass. */
  readonly windowMs: number;
  readonly intervalMs: number;
  readonly fullIntervalMs: number;
  /** The same where some bodies stayed undecided. */
  readonly fullAgainMs: number;
  readonly startDelayMs: number;
}

export const SWEEP_TIMES: SweepTimes = {
  orphanAfterMs: ORPHAN_AFTER_MS,
  windowMs: 48 * 3_600_000,
  intervalMs: 3_600_000,
  fullIntervalMs: 7 * 24 * 3_600_000,
  fullAgainMs: 24 * 3_600_000,
  startDelayMs: 60_000,
};

const BATCH = 500;
/** Longer than any batch takes; renewed before each. */
const LEASE_MS = 120_000;
/** After each batch the sweeper rests for as long as the batch took, in a full pass for four times as long. */
const REST = { recent: 1, full: 4 } as const;
const LEAST_REST_MS = 5;

export type SweepKind = keyof typeof REST;

/** `busy`: another node is at it. `paused`: a backup is being made. `stopped`: by `stop`, in the middle. */
export interface SweepPass {
  readonly kind: SweepKind;
  readonly end: 'complete' | 'busy' | 'paused' | 'stopped';
  readonly looked: number;
  readonly orphans: number;
  readonly leftovers: number;
  /** Left to the next pass. */
  readonly undecided: number;
  readonly malformed: number;
}

export interface Sweeper {
  start(): void;
  /** One pass now: a full one where asked for or due. */
  runOnce(kind?: SweepKind): Promise<SweepPass>;
  figures(): Promise<SweepFigures>;
  /** Ends a pass under way after its present batch. */
  stop(): Promise<void>;
}

/**
 * Looks for bodies that no row will ever name, and removes them (sweep-batch.ts says when that is certain). A pass covers
 * the ids of the last 48 hours; once a week one goes through all, slowly, for writes that landed late under an old id.
 * One node at a time holds the lease; two at once would do no harm. When the full pass is due survives restarts, its
 * place does not: a process that ends in the middle leaves it to the next one, which begins again.
 */
export function createSweeper(
  deps: Omit<SweepBatchDeps, 'failpoints' | 'orphanAfterMs' | 'leases' | 'bodies'> & {
    readonly bodies: Pick<BodyStore, 'walk' | 'delete'>;
    readonly leases: Leases;
    readonly clock: Clock;
    readonly logger: Logger;
    readonly failpoints?: SweepBatchDeps['failpoints'] | undefined;
    readonly times?: Partial<SweepTimes> | undefined;
  },
): Sweeper {
  const { bodies, references, leases, clock, logger } = deps;
  const times = { ...SWEEP_TIMES, ...deps.times };
  const batchDeps = { ...deps, failpoints: deps.failpoints ?? NO_FAILPOINTS, orphanAfterMs: times.orphanAfterMs };
  const holder = randomUUID();
  const stopped = new AbortController();
  let timer: NodeJS.Timeout | null = null;
  let running: Promise<SweepPass> | null = null;
  let last: { readonly at: Date; readonly pass: SweepPass } | null = null;
  let orphansRemoved = 0;
  let leftoversRemoved = 0;
  /** Where a full pass that a backup interrupted goes on. */
  let fullCursor: Uint8Array | null = null;

  async function pass(asked: SweepKind | undefined): Promise<SweepPass> {
    const kind = asked ?? ((await leases.heldUntil('full_sweep')) === null ? 'full' : 'recent');
    const none = { kind, looked: 0, orphans: 0, leftovers: 0, undecided: 0, malformed: 0 } as const;
    if ((await leases.heldUntil('backup')) !== null) return { ...none, end: 'paused' };
    if (!(await leases.acquire('sweep', holder, LEASE_MS))) return { ...none, end: 'busy' };
    try {
      const done = await walk(kind);
      if (done.end === 'complete' && kind === 'full') {
        // Sooner where some stayed undecided; at once would be every time, for as long as a chat is stuck.
        const untilNext = done.undecided === 0 ? times.fullIntervalMs : times.fullAgainMs;
        await leases.acquire('full_sweep', holder, untilNext);
      }
      return done;
    } finally {
      await leases.release('sweep', holder);
    }
  }

  async function walk(kind: SweepKind): Promise<SweepPass> {
    const now = await references.now();
    const counts = { looked: 0, orphans: 0, leftovers: 0, undecided: 0, malformed: 0 };
    const ended = (end: SweepPass['end']): SweepPass => ({ kind, end, ...counts });
    let cursor = kind === 'full' ? fullCursor : lowestIdFrom(now.getTime() - times.windowMs);
    for (;;) {
      if (stopped.signal.aborted) return ended('stopped');
      const began = clock.monotonic();
      if (!(await leases.acquire('sweep', holder, LEASE_MS))) return ended('busy');
      const { bodies: listed, malformed, next } = await bodies.walk(cursor, BATCH);
      const swept = await sweepBatch(batchDeps, listed, now);
      if (swept.kind === 'paused') return ended('paused');
      counts.looked += listed.length;
      counts.orphans += swept.orphans;
      counts.leftovers += swept.leftovers;
      counts.undecided += swept.undecided;
      counts.malformed += malformed;
      orphansRemoved += swept.orphans;
      leftoversRemoved += swept.leftovers;
      // What follows was minted too lately to be an orphan.
      const isYoung = (mintedAt(listed.at(-1)?.id ?? new Uint8Array()) ?? 0) > now.getTime() - times.orphanAfterMs;
      cursor = next;
      if (kind === 'full') fullCursor = isYoung ? null : next;
      if (next === null || isYoung) return ended('complete');
      await rest(REST[kind] * (clock.monotonic() - began));
    }
  }

  async function rest(milliseconds: number): Promise<void> {
    // Rejects only when it is stopped, which the loop sees by itself.
    await sleep(Math.max(LEAST_REST_MS, milliseconds), undefined, { signal: stopped.signal }).catch(() => undefined);
  }

  function runOnce(kind?: SweepKind): Promise<SweepPass> {
    running ??= runNow(kind).finally(() => {
      running = null;
    });
    return running;
  }

  async function runNow(kind: SweepKind | undefined): Promise<SweepPass> {
    const done = await pass(kind);
    if (done.end === 'complete') last = { at: new Date(clock.now()), pass: done };
    if (done.orphans + done.leftovers > 0) logger.info({ ...done }, 'bodies without a message were removed');
    return done;
  }

  function schedule(delay: number): void {
    if (stopped.signal.aborted) return;
    timer = setTimeout(() => {
      runOnce()
        .catch((error: unknown) => logger.warn({ err: error }, 'looking for orphaned bodies failed, trying again'))
        .finally(() => schedule(times.intervalMs));
    }, delay).unref();
  }

  return {
    start: () => schedule(times.startDelayMs),
    runOnce,
    figures: async () => ({
      lastPassAt: last?.at ?? null,
      fullPassDueAt: await leases.heldUntil('full_sweep'),
      orphansRemoved,
      leftoversRemoved,
      undecided: last?.pass.undecided ?? 0,
      malformed: last?.pass.malformed ?? 0,
    }),
    async stop() {
      stopped.abort();
      if (timer !== null) clearTimeout(timer);
      timer = null;
      await running?.catch(() => undefined);
    },
  };
}
