import { AppError } from '../../../domain/errors.js';
import type { ChatListEntry } from '../../../domain/chat.js';
import type { Message } from '../../../domain/message.js';
import type { ChatStore } from '../../../ports/chat-store.js';
import type { ReadShare } from '../../../ports/read-share.js';
import type { Words } from '../words.js';
import { asDate, type SqlRow } from '../database.js';
import { paidContents } from '../ground/contents.js';
import { messageColumns, readMessageRow, type MessageRow } from '../ground/message-rows.js';
import { sizesOf, inTurnIfMany } from '../ground/slices.js';
import type { RepositoryContext } from '../ground/context.js';
import { countUnread, type Watermark } from '../ground/unread.js';

const LISTED = `chat_participants p JOIN chats c ON c.id = p.chat_id
  WHERE p.user_id = ? AND p.left_at IS NULL AND c.is_active = TRUE
    AND (p.hidden_seq IS NULL OR c.last_seq > p.hidden_seq)`;

const TOTAL = `SELECT COUNT(*) AS total FROM ${LISTED}`;

/** Sends and renames move updated_at, so it is the order of activity; only the page's own chats are counted out. */
function pageText(words: Words): string {
  return `SELECT c.id AS c_id, c.name, c.chat_type, c.created_at, c.updated_at, c.last_seq, c.rev AS c_rev,
    c.last_visible_seq, listed.last_read_seq,
    (SELECT COUNT(*) FROM chat_participants q WHERE q.chat_id = c.id AND q.left_at IS NULL) AS participant_count,
    ${messageColumns(words, "''")}
  FROM (SELECT c.id, p.last_read_seq FROM ${LISTED} ORDER BY c.updated_at DESC, c.id DESC LIMIT ? OFFSET ?) listed
  JOIN chats c ON c.id = listed.id
  LEFT JOIN message_metadata m ON m.chat_id = c.id AND m.seq = c.last_visible_seq
  ORDER BY c.updated_at DESC, c.id DESC`;
}

/**
 * At most three statements of one snapshot and one body read; a fourth statement where a body has just been superseded.
 * Long newest messages are paid from the reader's share and read in slices, as a page of history is.
 */
export async function listChats(
  context: RepositoryContext,
  userId: number,
  { offset, limit }: Parameters<ChatStore['list']>[1],
  share: ReadShare,
): ReturnType<ChatStore['list']> {
  const { sql } = context;
  const { rows, total, unread } = await inTurnIfMany(share, limit, () =>
    sql.snapshot(async (session) => {
      const rows = await session.query(pageText(sql.words), [userId, limit, offset]);
      const total = Number((await session.query(TOTAL, [userId]))[0]?.['total'] ?? 0);
      return { rows, total, unread: await countUnread(session, sql.words, rows.flatMap(watermarkOf)) };
    }),
  );
  const newest = rows.map(readMessageRow);
  const messages = newest.flatMap((row) => row ?? []);
  const contents = new Map((await previews(context, messages, share)).map((message) => [message.id, message]));
  return { items: rows.map((row, index) => toEntry(row, newest[index] ?? null, contents, unread)), total };
}

/** None where everything visible is read, which needs no counting. */
function watermarkOf(row: SqlRow): readonly Watermark[] {
  const lastReadSeq = Number(row['last_read_seq']);
  return Number(row['last_visible_seq']) > lastReadSeq ? [{ chatId: Number(row['c_id']), lastReadSeq }] : [];
}

/** A list without previews is better than none while the body store is away. */
async function previews(
  context: RepositoryContext,
  rows: readonly MessageRow[],
  share: ReadShare,
): Promise<readonly Message[]> {
  try {
    return await paidContents(context, rows, await sizesOf(context, rows), share);
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'unavailable') throw error;
    context.logger.warn({ code: error.code, count: rows.length }, 'previews of a chat list cannot be read');
    return [];
  }
}

function toEntry(
  row: SqlRow,
  last: MessageRow | null,
  contents: ReadonlyMap<number, Message>,
  unread: ReadonlyMap<number, number>,
): ChatListEntry {
  const name = row['name'];
  return {
    chat: {
      id: Number(row['c_id']),
      name: typeof name === 'string' ? name : null,
      type: row['chat_type'] === 'direct' ? 'direct' : 'group',
      createdAt: asDate(row['created_at']),
      updatedAt: asDate(row['updated_at']),
      isActive: true,
      lastSeq: Number(row['last_seq']),
      rev: Number(row['c_rev']),
    },
    participantCount: Number(row['participant_count']),
    lastMessage: last === null ? null : { content: contents.get(last.id)?.content ?? null, timestamp: last.timestamp },
    unreadCount: unread.get(Number(row['c_id'])) ?? 0,
  };
}
