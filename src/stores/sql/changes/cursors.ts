import type { ChatRev } from '../../../ports/change-log.js';
import type { SqlDatabase } from '../database.js';
import { listOf, selectRows } from '../messages/lists.js';

/** The revs of chats by key. */
export async function readRevs(sql: SqlDatabase, chatIds: readonly number[]): Promise<ReadonlyMap<number, number>> {
  if (chatIds.length === 0) return new Map();
  const ids = listOf(sql.kind, chatIds);
  const source = { text: `FROM chats c WHERE c.id IN ${ids.text}`, values: ids.values };
  const rows = await sql.read((session) => selectRows(session, sql.kind, { id: 'c.id', rev: 'c.rev' }, source));
  return new Map(rows.map((row) => [Number(row['id']), Number(row['rev'])]));
}

type Kind = SqlDatabase['kind'];

/** Held to the user's own rows: where chats are few, MySQL and MariaDB scan them all first. */
const CHATS_OF: Readonly<Record<Kind, string>> = {
  mysql: chatsOf('chat_participants p FORCE INDEX (chat_participants_user) STRAIGHT_JOIN chats c'),
  sqlite: chatsOf('chat_participants p INDEXED BY chat_participants_user CROSS JOIN chats c'),
};

function chatsOf(tables: string): string {
  return `SELECT p.chat_id, c.rev, c.last_seq, p.last_read_seq FROM ${tables} ON c.id = p.chat_id AND c.is_active = TRUE
    WHERE p.user_id = ? AND p.left_at IS NULL AND p.chat_id > ? ORDER BY p.chat_id LIMIT ?`;
}

/** Hidden direct chats are among them: the user is in them, and their next message brings them back. */
export async function readChatsOf(
  sql: SqlDatabase,
  userId: number,
  afterChatId: number,
  limit: number,
): Promise<readonly ChatRev[]> {
  const rows = await sql.read((session) => session.query(CHATS_OF[sql.kind], [userId, afterChatId, limit]));
  return rows.map((row) => ({
    chatId: Number(row['chat_id']),
    rev: Number(row['rev']),
    lastSeq: Number(row['last_seq']),
    lastReadSeq: Number(row['last_read_seq']),
  }));
}
