import { AppError } from '../../../domain/errors.js';
import type { ChatStore } from '../../../ports/chat-store.js';
import type { Session } from '../database.js';
import type { RepositoryContext } from '../ground/context.js';
import { countUnread } from '../ground/unread.js';
import { changeOwnRow } from './own-row.js';

const STATE = `SELECT c.last_seq, c.last_visible_seq, p.last_read_seq
  FROM chat_participants p JOIN chats c ON c.id = p.chat_id
  WHERE p.chat_id = ? AND p.user_id = ? AND p.left_at IS NULL AND c.is_active = TRUE`;

const PARTICIPANTS = `SELECT COUNT(*) AS total FROM chat_participants p WHERE p.chat_id = ? AND p.left_at IS NULL`;

/**
 * Without the chat's lock, so that reading never waits for sending: last_seq only grows, so a bound taken before the
 * update still holds, and the update itself moves forward only.
 */
export async function advanceReadMark(
  context: RepositoryContext,
  chatId: number,
  userId: number,
  seq: number,
): ReturnType<ChatStore['markRead']> {
  const { sql } = context;
  const before = await sql.read((session) => readState(session, chatId, userId));
  const wanted = Math.min(seq, before.lastSeq);
  const hasMoved = wanted > before.lastReadSeq && (await moveTo(context, chatId, userId, wanted));
  return sql.snapshot(async (session) => {
    const { lastReadSeq, lastVisibleSeq } = await readState(session, chatId, userId);
    const moved = hasMoved ? { participants: await countParticipants(session, chatId) } : null;
    if (lastVisibleSeq <= lastReadSeq) return { lastReadSeq, unreadCount: 0, moved };
    const unread = await countUnread(session, sql.words, [{ chatId, lastReadSeq }]);
    return { lastReadSeq, unreadCount: unread.get(chatId) ?? 0, moved };
  });
}

const MOVE = `UPDATE chat_participants SET last_read_seq = ?
  WHERE chat_id = ? AND user_id = ? AND left_at IS NULL AND last_read_seq < ?`;

/** Whether the mark was below until now. */
function moveTo(context: RepositoryContext, chatId: number, userId: number, wanted: number): Promise<boolean> {
  const move = { text: MOVE, values: [wanted, chatId, userId, wanted] };
  return changeOwnRow(context, chatId, userId, move, (row) => row.lastReadSeq >= wanted);
}

async function countParticipants(session: Session, chatId: number): Promise<number> {
  const [row] = await session.query(PARTICIPANTS, [chatId]);
  return Number(row?.['total'] ?? 0);
}

interface ReadState {
  readonly lastSeq: number;
  readonly lastReadSeq: number;
  readonly lastVisibleSeq: number;
}

async function readState(session: Session, chatId: number, userId: number): Promise<ReadState> {
  const [row] = await session.query(STATE, [chatId, userId]);
  if (row === undefined) throw new AppError('chat_not_found');
  return {
    lastSeq: Number(row['last_seq']),
    lastReadSeq: Number(row['last_read_seq']),
    lastVisibleSeq: Number(row['last_visible_seq']),
  };
}
