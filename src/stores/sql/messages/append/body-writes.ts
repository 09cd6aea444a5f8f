import { AppError } from '../../../../domain/errors.js';
import type { Body } from '../../../../ports/body-store.js';
import { atMost } from '../../../../domain/patience.js';
import { reach, type RepositoryContext } from '../../ground/context.js';
import type { Statement } from '../../database.js';
import { bodyOf, type Send } from './sends.js';

/** Which bodies are not there, and why; whoever sent them may try again. */
export type LostBodies = ReadonlyMap<Send, AppError>;

/** The bodies of a batch cannot be waited for under the lock any longer. */
export class BodiesLate extends Error {}

/** The bodies of a batch on their way. */
export interface BatchBodies {
  /** What has to be written in the transaction itself; null: nothing, the body store has them. */
  withRows(sends: readonly Send[]): Statement | null;
  /** All of them are journaled but these. Never rejects. */
  readonly lost: Promise<LostBodies>;
  /** The same for a holder of locks: throws BodiesLate where it takes too long. */
  lostBeforeLong(): Promise<LostBodies>;
}

export const NONE_LOST: LostBodies = new Map();
const LATE = Symbol('late');

/** Begins to write them, except those of `stored`, which an earlier try has left in the body store. */
export function startBodies(
  context: RepositoryContext,
  pace: BodyPace,
  sends: readonly Send[],
  stored: ReadonlySet<Send>,
): BatchBodies {
  const { bodiesWithRows } = context;
  if (bodiesWithRows !== undefined) {
    return {
      withRows: (written) => (written.length === 0 ? null : bodiesWithRows(written.map(bodyOf))),
      lost: Promise.resolve(NONE_LOST),
      lostBeforeLong: () => Promise.resolve(NONE_LOST),
    };
  }
  const began = context.clock.monotonic();
  const inserted = sends.filter((send) => !stored.has(send));
  const lost = storeBodies(context, inserted).finally(() => {
    // A batch that inserts nothing says nothing about the body store.
    if (inserted.length > 0) pace.took(context.clock.monotonic() - began);
  });
  return {
    withRows: () => null,
    lost,
    async lostBeforeLong() {
      const settled = await atMost<LostBodies | typeof LATE>(BODY_PATIENCE_MS, lost, LATE);
      if (settled === LATE) throw new BodiesLate();
      return settled;
    },
  };
}

async function storeBodies(context: RepositoryContext, sends: readonly Send[]): Promise<LostBodies> {
  if (sends.length === 0) return NONE_LOST;
  try {
    await reach(context, 'append.before_bodies');
    const failed = new Set(await insertBodies(context, sends.map(bodyOf)));
    await reach(context, 'append.after_bodies');
    if (failed.size === 0) return NONE_LOST;
    return new Map(sends.filter((_, index) => failed.has(index)).map((send) => [send, new AppError('unavailable')]));
  } catch (error) {
    const refusal = error instanceof AppError ? error : new AppError('internal', { cause: error });
    return new Map(sends.map((send) => [send, refusal]));
  }
}

/**
 * Stores bodies ahead of their rows; answers the indexes of those that failed alone. Whatever else goes wrong is
 * `unavailable`, an unknown outcome too: the row is not written then, so the message certainly does not exist.
 */
export async function insertBodies(
  { bodies }: RepositoryContext,
  written: readonly Body[],
): Promise<readonly number[]> {
  try {
    return await bodies.insert(written);
  } catch (error) {
    if (error instanceof AppError) throw new AppError('unavailable', { cause: error });
    throw error;
  }
}

/**
 * Removes bodies that were stored for a row which will never be written. They hold what someone wrote, so they are
 * not left for a sweeper if that can be helped. Never rejects: what the caller has to answer is settled by now, and
 * failing to remove them changes nothing about it.
 */
export async function dropBodies({ bodies, logger }: RepositoryContext, ids: readonly Uint8Array[]): Promise<void> {
  if (ids.length === 0) return;
  try {
    await bodies.delete(ids);
  } catch (error) {
    const code = error instanceof AppError ? error.code : 'internal';
    logger.warn({ count: ids.length, code }, 'bodies without a message are left as orphans');
  }
}

/** The chats of a batch are locked for this long at most while its bodies are being written. */
export const BODY_PATIENCE_MS = 1_000;

/** Below this, bodies are written beside the locking read again. Well under the patience, so that it does not flutter. */
const QUICK_MS = 250;

/**
 * Whether bodies are written beside the first statements of the transaction, which halves the time of a send, or before
 * it, while the body store is slow and would keep the chats of the batch locked.
 */
export class BodyPace {
  #slow = false;

  get isSlow(): boolean {
    return this.#slow;
  }

  /** How long the bodies of a batch took, from their start. */
  took(ms: number): void {
    if (ms > BODY_PATIENCE_MS) this.#slow = true;
    else if (ms < QUICK_MS) this.#slow = false;
  }
}
