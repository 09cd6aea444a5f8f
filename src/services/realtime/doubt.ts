import { AppError } from '../../domain/errors.js';

/**
 * The chat may have changed without anybody telling of it, so its revs are to be compared with the store at once; null:
 * it is not known which chat. Never throws. Reaches the sockets of this node; the others find out by their own comparisons.
 */
export type Suspect = (chatId: number | null) => void;

/**
 * Answers as the change does. One that ends as `indeterminate` may be committed, and its events were not published: the
 * chat is suspect then.
 */
export async function orSuspect<T>(suspect: Suspect, chatId: number | null, change: Promise<T>): Promise<T> {
  try {
    return await change;
  } catch (error) {
    if (error instanceof AppError && error.code === 'indeterminate') suspect(chatId);
    throw error;
  }
}
