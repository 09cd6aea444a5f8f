import { AppError } from '../../../domain/errors.js';
import type { Message } from '../../../domain/message.js';
import type { RepositoryContext } from '../chats/context.js';
import { withContents } from './contents.js';
import type { FirstMessage } from './duplicates.js';

/** The first messages of repeats by id; one that is missing was deleted while being read. Or why they are not known. */
export type FirstMessages = ReadonlyMap<number, Message> | AppError;

/**
 * First messages as they stand now. Never rejects: other sends of the same call are committed by now, and a failure to
 * read must not be taken for one of theirs. A repeat is safe to ask again, so any failure is `unavailable`.
 */
export async function readFirsts(context: RepositoryContext, known: readonly FirstMessage[]): Promise<FirstMessages> {
  const rows = known.map((first) => first.row).filter((row) => !row.isDeleted);
  if (rows.length === 0) return new Map();
  try {
    return new Map((await withContents(context, rows)).map((message) => [message.id, message]));
  } catch (error) {
    return new AppError('unavailable', { cause: error });
  }
}
