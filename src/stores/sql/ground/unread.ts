import { LIMITS } from '../../../protocol/limits.js';
import type { Session, SqlDatabase, SqlValue } from '../database.js';
import { visibleIndex } from './lists.js';

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
  kind: SqlDatabase['kind'],
  watermarks: readonly Watermark[],
): Promise<ReadonlyMap<number, number>> {
  if (watermarks.length === 0) return new Map();
  const [text, values] = kind === 'sqlite' ? fromJson(watermarks) : fromUnion(watermarks);
  const rows = await session.query(text, values);
  return new Map(rows.map((row) => [Number(row['chat_id']), Number(row['unread_count'])]));
}

function counted(kind: SqlDatabase['kind'], chatId: string, seq: string): string {
  return `(SELECT COUNT(*) FROM (SELECT m.seq FROM message_metadata m ${visibleIndex(kind)}
    WHERE m.chat_id = ${chatId} AND m.is_deleted = FALSE AND m.seq > ${seq} LIMIT ${LIMITS.unreadMax}) bounded)`;
}

const FROM_JSON = `SELECT k.chat_id, ${counted('sqlite', 'k.chat_id', 'k.seq')} AS unread_count
  FROM (SELECT value->>0 AS chat_id, value->>1 AS seq FROM json_each(?)) k`;

function fromJson(watermarks: readonly Watermark[]): readonly [string, readonly SqlValue[]] {
  return [FROM_JSON, [JSON.stringify(watermarks.map(({ chatId, lastReadSeq }) => [chatId, lastReadSeq]))]];
}

const ONE_CHAT = `SELECT ? AS chat_id, ${counted('mysql', '?', '?')} AS unread_count`;

/** MySQL reads a range of an index only between constants, so every chat has a branch of its own. */
function fromUnion(watermarks: readonly Watermark[]): readonly [string, readonly SqlValue[]] {
  const text = `${ONE_CHAT}${` UNION ALL ${ONE_CHAT}`.repeat(watermarks.length - 1)}`;
  return [text, watermarks.flatMap(({ chatId, lastReadSeq }) => [chatId, chatId, lastReadSeq])];
}
