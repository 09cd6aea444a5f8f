import { AppError } from '../../../../domain/errors.js';
import type { HistoryWindow } from '../../../../ports/message-log.js';
import { perDialect, type Words } from '../../words.js';
import type { Session, SqlRow } from '../../database.js';
import { VISIBLE_INDEX } from '../../ground/lists.js';
import {
  MESSAGE_FIELDS,
  messageColumns,
  messageShape,
  readMessageRows,
  toMessageRow,
  type MessageRow,
} from '../../ground/message-rows.js';

/** Rows of a chat's history, newest first, and the chat's own counters of the same moment. */
export interface HistoryRows {
  readonly rows: readonly MessageRow[];
  /** Visible messages lie before the last of the rows. */
  readonly hasOlder: boolean;
  readonly visibleCount: number;
  readonly lastSeq: number;
  /** 0 where nothing is visible. */
  readonly lastVisibleSeq: number;
}

/** Above every seq: the newest messages are those before it. */
const BEYOND_NEWEST = Number.MAX_SAFE_INTEGER;

/** `flat`, where there is one: the same rows sooner, but nothing where no message is found. */
interface Statements {
  readonly flat: { readonly before: string; readonly after: string } | null;
  readonly before: string;
  readonly after: string;
  readonly around: string;
  readonly counters: string;
}

const COUNTERS = 'c.last_seq, c.visible_count, c.last_visible_seq';

const STATEMENTS = perDialect(statementsOf);

/**
 * Each is one statement, so that membership, counters and rows are of one moment; no row at all: not the reader's chat.
 */
function statementsOf(words: Words): Statements {
  const table = `message_metadata m ${words.index(VISIBLE_INDEX)}`;
  const head = `chats c JOIN chat_participants p ON p.chat_id = c.id AND p.user_id = ? AND p.left_at IS NULL`;
  const where = 'WHERE c.id = ? AND c.is_active = TRUE';
  const visible = `SELECT ${MESSAGE_FIELDS} FROM ${table} WHERE m.chat_id = ? AND m.is_deleted = FALSE`;
  const older = `${visible} AND m.seq < ? ORDER BY m.seq DESC LIMIT ?`;
  const newer = `${visible} AND m.seq > ? ORDER BY m.seq LIMIT ?`;
  const history = (state: string, rows: string): string => {
    const [on, joined] = ['m.chat_id = c.id', 'users u ON u.id = m.sender_id'];
    return words.rowWithList({ state, head, rows, shape: messageShape(), on, joined, where });
  };
  const withFirst = `${COUNTERS}, ${firstVisible(words)}`;
  return {
    flat: words.prefersFlatJoins
      ? { before: flat(words, COUNTERS, 'm.seq < ?', 'DESC'), after: flat(words, withFirst, 'm.seq > ?', 'ASC') }
      : null,
    before: history(COUNTERS, older),
    after: history(withFirst, newer),
    around: history(withFirst, `SELECT * FROM (${older}) older UNION ALL SELECT * FROM (${newer}) newer`),
    counters: `SELECT ${COUNTERS} FROM ${head} ${where}`,
  };
}

/** The indexes are named, or else a small table of users is read whole, and everything sorted. */
function flat(words: Words, state: string, bound: string, direction: 'ASC' | 'DESC'): string {
  const { inOrder, byPrimary } = words;
  return `SELECT ${state}, ${messageColumns(words)} FROM chats c
    ${inOrder} chat_participants p ON p.chat_id = c.id AND p.user_id = ? AND p.left_at IS NULL
    ${inOrder} message_metadata m ${words.index(VISIBLE_INDEX)} ON m.chat_id = c.id AND m.is_deleted = FALSE AND ${bound}
    ${inOrder} users u ${byPrimary} ON u.id = m.sender_id
    WHERE c.id = ? AND c.is_active = TRUE ORDER BY m.seq ${direction} LIMIT ?`;
}

/** One value: the chat. */
function firstVisible(words: Words): string {
  return `(SELECT m.seq FROM message_metadata m ${words.index(VISIBLE_INDEX)}
    WHERE m.chat_id = ? AND m.is_deleted = FALSE ORDER BY m.seq LIMIT 1) AS first_visible_seq`;
}

/** Up to `limit` rows in the direction asked for; `around` gives up to `limit` on either side. */
export function readWindow(
  session: Session,
  words: Words,
  chatId: number,
  readerId: number,
  window: HistoryWindow,
): Promise<HistoryRows> {
  const { limit } = window;
  switch (window.kind) {
    case 'newest':
      return readBefore(session, words, chatId, readerId, BEYOND_NEWEST, limit);
    case 'before':
      return readBefore(session, words, chatId, readerId, window.seq, limit);
    case 'after':
      return readAfter(session, words, chatId, readerId, window.seq, limit);
    case 'around':
      return readAround(session, words, chatId, readerId, window.seq, limit);
    default:
      return window satisfies never;
  }
}

/** One row more than asked for tells whether there are older ones: the first visible one is a search of 0.05 ms. */
async function readBefore(
  session: Session,
  words: Words,
  chatId: number,
  readerId: number,
  seq: number,
  limit: number,
): Promise<HistoryRows> {
  const { flat: fast, before } = STATEMENTS(words);
  const sooner = fast === null ? [] : await session.prepared(fast.before, [readerId, seq, chatId, limit + 1]);
  const found = sooner.length > 0 ? sooner : await session.prepared(before, [readerId, chatId, seq, limit + 1, chatId]);
  const history = toHistory(found);
  const { rows } = history;
  return rows.length > limit ? { ...history, rows: rows.slice(0, limit), hasOlder: true } : history;
}

async function readAfter(
  session: Session,
  words: Words,
  chatId: number,
  readerId: number,
  seq: number,
  limit: number,
): Promise<HistoryRows> {
  const { flat: fast, after } = STATEMENTS(words);
  const sooner = fast === null ? [] : await session.prepared(fast.after, [chatId, readerId, seq, chatId, limit]);
  const found =
    sooner.length > 0 ? sooner : await session.prepared(after, [chatId, readerId, chatId, seq, limit, chatId]);
  return toHistory(found);
}

async function readAround(
  session: Session,
  words: Words,
  chatId: number,
  readerId: number,
  seq: number,
  limit: number,
): Promise<HistoryRows> {
  const values = [chatId, readerId, chatId, seq + 1, limit, chatId, seq, limit, chatId];
  return toHistory(await session.prepared(STATEMENTS(words).around, values));
}

/** The counters alone. Throws `chat_not_found`. */
export async function readCounters(
  session: Session,
  words: Words,
  chatId: number,
  readerId: number,
): Promise<HistoryRows> {
  return toHistory(await session.prepared(STATEMENTS(words).counters, [readerId, chatId]));
}

function toHistory(found: readonly SqlRow[]): HistoryRows {
  const [state] = found;
  if (state === undefined) throw new AppError('chat_not_found');
  const packed = state['list'];
  const packedRows = typeof packed === 'string' ? (JSON.parse(packed) as readonly SqlRow[]).map(toMessageRow) : null;
  const rows = newestFirst(packedRows ?? readMessageRows(found));
  return {
    rows,
    hasOlder: Number(state['first_visible_seq'] ?? Infinity) < (rows.at(-1)?.seq ?? 0),
    visibleCount: Number(state['visible_count']),
    lastSeq: Number(state['last_seq']),
    lastVisibleSeq: Number(state['last_visible_seq']),
  };
}

/** Here, because sorting a joined result costs the databases a temporary table. */
export function newestFirst(rows: readonly MessageRow[]): readonly MessageRow[] {
  return [...rows].sort((a, b) => b.seq - a.seq);
}
