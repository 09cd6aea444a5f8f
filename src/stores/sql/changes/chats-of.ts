import { nextTurn } from '../../../domain/next-turn.js';
import type { ChatRev } from '../../../ports/change-log.js';
import type { Words } from '../words.js';
import type { SqlDatabase } from '../database.js';
import { selectRows } from '../ground/lists.js';

/** Held to the users' own rows: where chats are few, MySQL and MariaDB scan them all first. */
function tablesOf(words: Words): string {
  return `chat_participants p ${words.index('chat_participants_user')} ${words.inOrder} chats c`;
}

const COLUMNS = Object.fromEntries(
  ['user_id', 'chat_id', 'rev', 'last_seq', 'last_read_seq'].map((name) => [name, `found.${name}`]),
);

/** One user's first chats. */
export interface ChatsOf {
  readonly userId: number;
  readonly limit: number;
}

/**
 * The chats of users, in this order, those of one user of one moment. `rows`: of one statement; users for whom none are left
 * are asked for by the next one. Hidden direct chats are among them: the user is in
 * them, and their next message brings them back.
 */
export async function readChatsOf(
  sql: SqlDatabase,
  afterChatId: number,
  wanted: readonly ChatsOf[],
  rows = sql.words.rowsAtOnce,
): Promise<readonly (readonly ChatRev[])[]> {
  const limits = new Map<number, number>();
  for (const { userId, limit } of wanted) limits.set(userId, Math.max(limit, limits.get(userId) ?? 0));
  const found = new Map<number, ChatRev[]>();
  const asked = [...limits.values()];
  const most = Math.max(
    ...asked,
    Math.min(
      rows,
      asked.reduce((sum, limit) => sum + limit, 0),
    ),
  );
  let left = [...limits.keys()];
  for (let isFirst = true; left.length > 0; isFirst = false) {
    if (!isFirst) await nextTurn();
    for (const userId of left) found.set(userId, []);
    const { chats, last } = await readRows(sql, afterChatId, left, most);
    for (const [userId, chat] of chats) found.get(userId)?.push(chat);
    // Cut off in the middle of a user, whose chats have to be of one moment.
    const isCut = (userId: number): boolean => (found.get(userId)?.length ?? 0) < (limits.get(userId) ?? 0);
    left = chats.length < most ? [] : left.filter((userId) => userId > last || (userId === last && isCut(userId)));
  }
  return wanted.map(({ userId, limit }) => found.get(userId)?.slice(0, limit) ?? []);
}

/** Most recently active first. */
export async function readRecentChatsOf(sql: SqlDatabase, userId: number, limit: number): Promise<readonly ChatRev[]> {
  const source = {
    text: `FROM (SELECT p.user_id, p.chat_id, c.rev, c.last_seq, p.last_read_seq,
        CASE WHEN p.joined_at > c.updated_at THEN p.joined_at ELSE c.updated_at END AS active_at
      FROM ${tablesOf(sql.words)} ON c.id = p.chat_id AND c.is_active = TRUE
      WHERE p.user_id = ? AND p.left_at IS NULL
      ORDER BY active_at DESC, p.chat_id DESC LIMIT ?) found ORDER BY found.active_at DESC, found.chat_id DESC`,
    values: [userId, limit],
  };
  const rows = await sql.read((session) => selectRows(session, sql.words, COLUMNS, source));
  return rows.map(toChat);
}

async function readRows(sql: SqlDatabase, afterChatId: number, userIds: readonly number[], most: number) {
  const users = sql.words.listOf(userIds);
  const source = {
    text: `FROM (SELECT p.user_id, p.chat_id, c.rev, c.last_seq, p.last_read_seq
      FROM ${tablesOf(sql.words)} ON c.id = p.chat_id AND c.is_active = TRUE
      WHERE p.user_id IN ${users.text} AND p.left_at IS NULL AND p.chat_id > ?
      ORDER BY p.user_id, p.chat_id LIMIT ?) found ORDER BY found.user_id, found.chat_id`,
    values: [...users.values, afterChatId, most],
  };
  const rows = await sql.read((session) => selectRows(session, sql.words, COLUMNS, source));
  const chats = rows.map((row) => [Number(row['user_id']), toChat(row)] as const);
  return { chats, last: chats.at(-1)?.[0] ?? 0 };
}

function toChat(row: Readonly<Record<string, unknown>>): ChatRev {
  return {
    chatId: Number(row['chat_id']),
    rev: Number(row['rev']),
    lastSeq: Number(row['last_seq']),
    lastReadSeq: Number(row['last_read_seq']),
  };
}
