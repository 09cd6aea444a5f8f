import { randomFillSync } from 'node:crypto';
import { v7 } from 'uuid';
import { COMMIT_WITHIN_MS } from '../../../../domain/body-id.js';
import { AppError } from '../../../../domain/errors.js';
import type { Clock } from '../../../../ports/clock.js';
import type { SqlDatabase } from '../../database.js';

/** A fresh id of a body, and when it was made by the database's clock and by the process's own. */
export interface Minted {
  readonly id: Uint8Array;
  readonly at: Date;
  readonly monotonic: number;
}

/** Mints ids of bodies in the database's time, so that all nodes and the sweeper judge their age by one clock. */
export interface Mint {
  /** Never the same id twice, not even for a retry of the same write. */
  mint(): Minted;
  /**
   * Every reading of the database's clock under a lock refreshes the offset. `since`: the process's monotonic clock before
   * the statement set off.
   */
  observe(databaseNow: Date, since: number): void;
  /** Whether the offset has been set since the start. */
  readonly synchronised: () => boolean;
}

/**
 * The database read its clock somewhere between the statement's start and now, so the offset lies between two bounds, and
 * is moved no further than they demand. A process that waited for a lock, or stood still, in between learns little from
 * such a reading, and nothing wrong.
 */
export function createMint(clock: Clock): Mint {
  let offset: number | null = null;
  return {
    mint() {
      const msecs = Math.max(0, Math.round(clock.now() + (offset ?? 0)));
      return {
        id: v7({ msecs, random: random() }, new Uint8Array(ID_BYTES)),
        at: new Date(msecs),
        monotonic: clock.monotonic(),
      };
    },
    observe(databaseNow, since) {
      const least = databaseNow.getTime() - clock.now();
      const most = least + Math.max(0, clock.monotonic() - since);
      offset = offset === null ? (least + most) / 2 : Math.min(Math.max(offset, least), most);
    },
    synchronised: () => offset !== null,
  };
}

const ID_BYTES = 16;
/** Random bytes for 256 ids at once: asked for in small portions they were a twentieth of a send's time. */
const pool = Buffer.allocUnsafe(256 * ID_BYTES);
let used = pool.length;

/** Fresh for each id; to be used up before the next call. */
function random(): Uint8Array {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += ID_BYTES;
  return pool.subarray(used - ID_BYTES, used);
}

/** Sets the offset where nothing has been read of the database's clock since the start. */
export async function synchronise(mint: Mint, sql: SqlDatabase, clock: Clock): Promise<void> {
  if (mint.synchronised()) return;
  const since = clock.monotonic();
  mint.observe(await sql.read((session) => session.now()), since);
}

/**
 * To be called under the chat's lock with a database time read after the lock was granted: refuses to commit a body
 * that a sweeper might already be taking for an orphan. Two clocks, because either may have been stopped or set.
 */
export function assertFresh(minted: Minted, databaseNow: Date, clock: Clock): void {
  if (!isFresh(minted, databaseNow, clock)) throw new AppError('unavailable');
}

export function isFresh(minted: Minted, databaseNow: Date, clock: Clock): boolean {
  const byDatabase = databaseNow.getTime() - minted.at.getTime();
  const byProcess = clock.monotonic() - minted.monotonic;
  return byDatabase <= COMMIT_WITHIN_MS && byProcess <= COMMIT_WITHIN_MS;
}
