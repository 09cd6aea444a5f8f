import { v7 } from 'uuid';
import { COMMIT_WITHIN_MS } from '../../../domain/body-id.js';
import { AppError } from '../../../domain/errors.js';
import type { Clock } from '../../../ports/clock.js';

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
  /** Every reading of the database's clock under a lock refreshes the offset. */
  observe(databaseNow: Date): void;
  /** Whether the offset has been set since the start. */
  readonly synchronised: () => boolean;
}

export function createMint(clock: Clock): Mint {
  let offset: number | null = null;
  return {
    mint() {
      const msecs = Math.max(0, Math.round(clock.now() + (offset ?? 0)));
      return { id: v7({ msecs }, new Uint8Array(16)), at: new Date(msecs), monotonic: clock.monotonic() };
    },
    observe(databaseNow) {
      offset = databaseNow.getTime() - clock.now();
    },
    synchronised: () => offset !== null,
  };
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
