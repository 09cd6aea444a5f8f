import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BodyLengths } from '../../ports/body-lengths.js';
import type { BodyStore } from '../../ports/body-store.js';
import type { Clock } from '../../ports/clock.js';
import type { Leases } from '../../ports/leases.js';
import type { Logger } from '../../ports/logger.js';

/** Messages of a slice: the bodies of 1,000 are measured in about 3 ms. */
const SLICE = 1_000;
/** Longer than any slice takes; renewed before each. */
const LEASE_MS = 60_000;
/** After each slice the job rests for as long as the slice took. */
const LEAST_REST_MS = 5;
/** Messages between two lines in the log. */
const REPORT_EVERY = 200_000;
const START_DELAY_MS = 5_000;
const AGAIN_MS = 60_000;

/** `busy`: another node is at it. */
export type MeasureEnd = 'finished' | 'busy' | 'stopped';

export interface BodyMeasurer {
  start(): void;
  /** Goes on where the walk stands, to its end. */
  runOnce(): Promise<MeasureEnd>;
  /** Ends a walk under way after its present slice. */
  stop(): Promise<void>;
}

/**
 * Writes into the rows of before how long their contents are, once in the life of a database and on one node at a time.
 * Until a row is done its length is asked of the body store with every read that may be large.
 */
export function createBodyMeasurer(deps: {
  readonly lengths: BodyLengths;
  readonly bodies: Pick<BodyStore, 'sizes'>;
  readonly leases: Pick<Leases, 'acquire' | 'release'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Shorter ones are for tests. */
  readonly slice?: number;
}): BodyMeasurer {
  const { lengths, bodies, leases, clock, logger, slice = SLICE } = deps;
  const holder = randomUUID();
  const stopped = new AbortController();
  let timer: NodeJS.Timeout | null = null;
  let running: Promise<MeasureEnd> | null = null;

  async function measure(): Promise<MeasureEnd> {
    if ((await lengths.position()) === null) return 'finished';
    if (!(await leases.acquire('body_bytes', holder, LEASE_MS))) return 'busy';
    try {
      // Again, under the lease: another node may have gone on meanwhile.
      const position = await lengths.position();
      return position === null ? 'finished' : await walkFrom(position);
    } finally {
      await leases.release('body_bytes', holder);
    }
  }

  async function walkFrom(start: number): Promise<MeasureEnd> {
    let position = start;
    let measured = 0;
    let looked = 0;
    for (;;) {
      if (stopped.signal.aborted) return 'stopped';
      const began = clock.monotonic();
      if (!(await leases.acquire('body_bytes', holder, LEASE_MS))) return 'busy';
      const { rows, last } = await lengths.next(position, slice);
      const sizes = await bodies.sizes(rows.map((row) => row.bodyId));
      // A body that is lost stays without a length.
      const known = rows.flatMap((row) => {
        const bytes = sizes.get(Buffer.from(row.bodyId).toString('hex'));
        return bytes === undefined ? [] : [{ ...row, bytes }];
      });
      await lengths.record(known);
      await lengths.reached(last ?? position, last === null);
      measured += known.length;
      if (last === null) {
        if (measured > 0) logger.info({ measured }, 'all messages that an older version stored are measured now');
        return 'finished';
      }
      position = last;
      looked += slice;
      if (looked % REPORT_EVERY < slice) {
        logger.info({ measured, upToMessage: position }, 'measuring messages that an older version stored');
      }
      await rest(clock.monotonic() - began);
    }
  }

  async function rest(milliseconds: number): Promise<void> {
    // Rejects only when it is stopped, which the walk sees by itself.
    await sleep(Math.max(LEAST_REST_MS, milliseconds), undefined, { signal: stopped.signal }).catch(() => undefined);
  }

  function runOnce(): Promise<MeasureEnd> {
    running ??= measure().finally(() => {
      running = null;
    });
    return running;
  }

  function schedule(delay: number): void {
    if (stopped.signal.aborted) return;
    timer = setTimeout(() => void runAgainAndAgain(), delay).unref();
  }

  async function runAgainAndAgain(): Promise<void> {
    try {
      if ((await runOnce()) !== 'busy') return;
    } catch (error) {
      logger.warn({ err: error }, 'messages that an older version stored could not be measured, trying again');
    }
    schedule(AGAIN_MS);
  }

  return {
    start: () => schedule(START_DELAY_MS),
    runOnce,
    async stop() {
      stopped.abort();
      if (timer !== null) clearTimeout(timer);
      timer = null;
      await running?.catch(() => undefined);
    },
  };
}
