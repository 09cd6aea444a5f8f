import { AppError } from '../../../domain/errors.js';
import { LIMITS } from '../../../protocol/limits.js';
import type { ReaderState, ReadMark } from '../../../ports/change-log.js';
import type { Words } from '../words.js';
import { countUnread } from '../ground/unread.js';
import { asDate, type Session, type SqlDatabase, type SqlRow } from '../database.js';
import { selectRows } from '../ground/lists.js';

/** A chat's own row, as a delta needs it. */
export interface ChatHead {
  readonly chatId: number;
  readonly rev: number;
  readonly changedRev: number;
  readonly membersRev: number;
  readonly isActive: boolean;
  readonly name: string | null;
  readonly updatedAt: Date;
  readonly lastSeq: number;
  readonly lastVisibleSeq: number;
}

/** A chat as one of its participants finds it. */
export interface ReaderHead extends ChatHead {
  readonly readerId: number;
  readonly lastReadSeq: number;
}

const CHAT = `c.rev, c.changed_rev, c.members_rev, c.is_active, c.name, c.updated_at, c.last_seq, c.last_visible_seq`;

const FOR_ANYONE = `SELECT ${CHAT} FROM chats c WHERE c.id = ?`;

const FOR_READER = `SELECT ${CHAT}, p.last_read_seq
  FROM chats c JOIN chat_participants p ON p.chat_id = c.id AND p.user_id = ? AND p.left_at IS NULL
  WHERE c.id = ? AND c.is_active = TRUE`;

/** One more than are told says that there are too many to tell. */
const READS = `SELECT p.user_id, p.last_read_seq FROM chat_participants p
  WHERE p.chat_id = ? AND p.left_at IS NULL ORDER BY p.user_id LIMIT ${LIMITS.readMarksMax + 1}`;

/** null: there is no such chat. */
export async function readHead(session: Session, chatId: number): Promise<ChatHead | null> {
  const [row] = await session.query(FOR_ANYONE, [chatId]);
  return row === undefined ? null : toHead(chatId, row);
}

/** Throws `chat_not_found` for who is not in the chat at the moment of the read. */
export async function readReaderHead(session: Session, chatId: number, readerId: number): Promise<ReaderHead> {
  const [row] = await session.query(FOR_READER, [readerId, chatId]);
  if (row === undefined) throw new AppError('chat_not_found');
  return { ...toHead(chatId, row), readerId, lastReadSeq: Number(row['last_read_seq']) };
}

/** What goes with a delta and takes no rev, of the same snapshot as `head`. */
export async function readState(session: Session, words: Words, head: ReaderHead): Promise<ReaderState> {
  const { chatId, readerId, lastSeq, lastReadSeq } = head;
  const own: ReadMark = { userId: readerId, lastReadSeq };
  const everyone = (await session.query(READS, [chatId])).map((row) => ({
    userId: Number(row['user_id']),
    lastReadSeq: Number(row['last_read_seq']),
  }));
  const reads = everyone.length <= LIMITS.readMarksMax ? everyone : [own];
  if (head.lastVisibleSeq <= lastReadSeq) return { lastSeq, unreadCount: 0, reads };
  const unread = await countUnread(session, words, [{ chatId, lastReadSeq }]);
  return { lastSeq, unreadCount: unread.get(chatId) ?? 0, reads };
}

function toHead(chatId: number, row: SqlRow): ChatHead {
  const name = row['name'];
  return {
    chatId,
    rev: Number(row['rev']),
    changedRev: Number(row['changed_rev']),
    membersRev: Number(row['members_rev']),
    isActive: Number(row['is_active']) === 1,
    name: typeof name === 'string' ? name : null,
    updatedAt: asDate(row['updated_at']),
    lastSeq: Number(row['last_seq']),
    lastVisibleSeq: Number(row['last_visible_seq']),
  };
}

/** The revs of chats by key. */
export async function readRevs(sql: SqlDatabase, chatIds: readonly number[]): Promise<ReadonlyMap<number, number>> {
  if (chatIds.length === 0) return new Map();
  const ids = sql.words.listOf(chatIds);
  const source = { text: `FROM chats c WHERE c.id IN ${ids.text}`, values: ids.values };
  const rows = await sql.read((session) => selectRows(session, sql.words, { id: 'c.id', rev: 'c.rev' }, source));
  return new Map(rows.map((row) => [Number(row['id']), Number(row['rev'])]));
}
