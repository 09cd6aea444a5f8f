import { AppError } from '../../../domain/errors.js';
import type { Body } from '../../../ports/body-store.js';
import type { RepositoryContext } from '../chats/context.js';

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
