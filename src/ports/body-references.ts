import type { ListedBody } from './body-store.js';

/**
 * What the metadata says about a body. `named`: a message's row points to it, or it is filed and waits for the erase
 * worker. `misnamed`: a row of its chat points to it though the document names another message, so the document was altered
 * and the body is alive. `erased`: filed and taken for erased, so a body that is still there holds what was deleted. `unnamed`: neither;
 * it is about to be committed, or never will be.
 */
export type BodyStanding = 'named' | 'misnamed' | 'erased' | 'unnamed';

/**
 * The question that decides about orphans, asked of SQL for bodies found in the body store.
 *
 * Guarantee: `examineLocked` holds the chat's lock while it looks, so every commit that could name one of the bodies has
 * either happened and is seen, or comes later and reads the database's clock after `now`. A body that is unnamed there and
 * older than ORPHAN_AFTER_MS at `now` is never committed. The lock is given back before the answer, and
 * before the rows of the chat are searched for `misnamed` bodies, in steps: a row moves on from a body only into the file of
 * old bodies, which is read last.
 * Order: answers in the order of the bodies. Errors: `unavailable`.
 */
export interface BodyReferences {
  /** The database's clock. */
  now(): Promise<Date>;
  /** Without a lock: what is `unnamed` here may be named in a moment, or be `misnamed`. */
  examine(bodies: readonly ListedBody[]): Promise<readonly BodyStanding[]>;
  /** The same under the lock of `chatId`, to which all bodies belong; a chat that does not exist has nothing to lock. */
  examineLocked(
    chatId: number,
    bodies: readonly ListedBody[],
  ): Promise<{ readonly now: Date; readonly standings: readonly BodyStanding[] }>;
}
