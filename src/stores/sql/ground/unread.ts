import { LIMITS } from '../../../protocol/limits.js';
import type { Words } from '../words.js';
import type { Session } from '../database.js';
import { VISIBLE_INDEX } from './lists.js';

/** How far a participant has read a chat; at least one. */
export interface Watermark {
  readonly chatId: number;
  readonly lastReadSeq: number;
}

/**
 * Unread messages per chat, each at most LIMITS.unreadMax, in one statement. One's own never lie beyond the watermark,
 * because sending moves it, so only deleted ones are left out. Every count ends at the limit and runs on the index
 * (chat_id, is_deleted, seq) alone.
 */
export async function countUnread(
  session: Session,
  words: Words,
  watermarks: readonly Watermark[],
): Promise<ReadonlyMap<number, number>> {
  if (watermarks.length === 0) return new Map();
  const { text, values } = words.forEach(
    ['chat_id', 'seq'],
    watermarks.map(({ chatId, lastReadSeq }) => [chatId, lastReadSeq]),
    (column) => counted(words, column('chat_id'), column('seq')),
    'unread_count',
  );
  const rows = await session.query(text, values);
  return new Map(rows.map((row) => [Number(row['chat_id']), Number(row['unread_count'])]));
}

function counted(words: Words, chatId: string, seq: string): string {
  return `(SELECT COUNT(*) FROM (SELECT m.seq FROM message_metadata m ${words.index(VISIBLE_INDEX)}
    WHERE m.chat_id = ${chatId} AND m.is_deleted = FALSE AND m.seq > ${seq} LIMIT ${LIMITS.unreadMax}) bounded)`;
}
