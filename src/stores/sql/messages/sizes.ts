import type { RepositoryContext } from '../chats/context.js';
import { toHex, type MessageRow } from './rows.js';

/**
 * The UTF-8 bytes of each row's content, in the order of the rows, before any body is read; a deleted message has none,
 * and neither has one whose body is gone. The body store is asked only for rows that do not know it themselves.
 */
export async function sizesOf(
  { bodies }: Pick<RepositoryContext, 'bodies'>,
  rows: readonly Pick<MessageRow, 'bodyId' | 'bodyBytes' | 'isDeleted'>[],
): Promise<readonly number[]> {
  const unmeasured = rows.filter((row) => row.bodyBytes === null && !row.isDeleted).map((row) => row.bodyId);
  const asked = unmeasured.length === 0 ? null : await bodies.sizes(unmeasured);
  return rows.map((row) => (row.isDeleted ? 0 : (row.bodyBytes ?? asked?.get(toHex(row.bodyId)) ?? 0)));
}
