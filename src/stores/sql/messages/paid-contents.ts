import type { Message } from '../../../domain/message.js';
import type { ReadShare } from '../../../ports/read-share.js';
import type { RepositoryContext } from '../chats/context.js';
import { withContents } from './contents.js';
import type { MessageRow } from './rows.js';
import { totalOf } from './slices.js';

/** Rows with their contents, whose bytes are paid from the reader's share before the first of them is read. */
export async function paidContents(
  context: RepositoryContext,
  rows: readonly MessageRow[],
  sizes: readonly number[],
  share: ReadShare,
): Promise<readonly Message[]> {
  await share.take(totalOf(sizes));
  return withContents(context, rows, { share, sizes });
}
