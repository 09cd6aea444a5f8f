import { AppError } from '../../../domain/errors.js';
import type { HistoryWindow } from '../../../ports/message-log.js';
import type { Session, SqlDatabase, SqlRow, SqlValue } from '../database.js';
import { visibleIndex } from './lists.js';
import {
  MESSAGE_FIELDS,
  messageColumns,
  packedMessage,
  readMessageRows,
  toMessageRow,
  type MessageRow,
} from './rows.js';

type Kind = SqlDatabase['kind'];

/** Rows of a chat's history, newest first, and the chat's own counters of the same moment. */
export interface HistoryRows {
  readonly rows: readonly MessageRow[];
  readonly visibleCount: number;
  readonly lastSeq: number;
  /** 0 where nothing is visible. */
  readonly firstVisibleSeq: number;
  readonly lastVisibleSeq: number;
}

/** Above every seq: the newest messages are those before it. */
const BEYOND_NEWEST = Number.MAX_SAFE_INTEGER;

/**
 * The statements of one dialect. Values: chat, reader, then those of the rows, then the chat again. `flat`, where there
 * is one: the same rows sooner, but nothing where no message is found. Values: chat, reader, seq, chat, limit.
 */
interface Statements {
  readonly flat: { readonly before: string; readonly after: string } | null;
  readonly before: string;
  readonly after: string;
  readonly around: string;
  readonly counters: string;
}

const STATEMENTS: Readonly<Record<Kind, Statements>> = {
  mysql: statementsOf('mysql'),
  sqlite: statementsOf('sqlite'),
};

/**
 * Each is one statement, so that membership, counters and rows are of one moment; no row at all: not the reader's chat.
 * On SQLite all messages come in one value (see `messageColumns`).
 */
function statementsOf(kind: Kind): Statements {
  const table = `message_metadata m ${visibleIndex(kind)}`;
  const state = stateOf(kind);
  const reader = `chats c JOIN chat_participants p ON p.chat_id = c.id AND p.user_id = ? AND p.left_at IS NULL`;
  const mine = 'WHERE c.id = ? AND c.is_active = TRUE';
  const visible = `SELECT ${MESSAGE_FIELDS} FROM ${table} WHERE m.chat_id = ? AND m.is_deleted = FALSE`;
  const older = `${visible} AND m.seq < ? ORDER BY m.seq DESC LIMIT ?`;
  const newer = `${visible} AND m.seq > ? ORDER BY m.seq LIMIT ?`;
  const history = (rows: string): string =>
    kind === 'mysql'
      ? `SELECT ${state}, ${messageColumns(kind)} FROM ${reader}
         LEFT JOIN (${rows}) m ON m.chat_id = c.id LEFT JOIN users u ON u.id = m.sender_id ${mine}`
      : `SELECT ${state}, h.messages FROM ${reader}
         JOIN (SELECT json_group_array(${packedMessage()}) AS messages
           FROM (${rows}) m JOIN users u ON u.id = m.sender_id) h ${mine}`;
  return {
    flat: kind === 'mysql' ? { before: flat('m.seq < ?', 'DESC'), after: flat('m.seq > ?', 'ASC') } : null,
    before: history(older),
    after: history(newer),
    around: history(`SELECT * FROM (${older}) older UNION ALL SELECT * FROM (${newer}) newer`),
    counters: `SELECT ${state} FROM ${reader} ${mine}`,
  };
}

/**
 * MySQL and MariaDB write a derived table down before they join it: without one 50 rows take 0.35 ms instead of 0.46.
 * The indexes are named, or else a small table of users is read whole, and everything sorted.
 */
function flat(bound: string, direction: 'ASC' | 'DESC'): string {
  const index = visibleIndex('mysql');
  return `SELECT ${stateOf('mysql')}, ${messageColumns('mysql')} FROM chats c
    STRAIGHT_JOIN chat_participants p ON p.chat_id = c.id AND p.user_id = ? AND p.left_at IS NULL
    STRAIGHT_JOIN message_metadata m ${index} ON m.chat_id = c.id AND m.is_deleted = FALSE AND ${bound}
    STRAIGHT_JOIN users u FORCE INDEX (PRIMARY) ON u.id = m.sender_id
    WHERE c.id = ? AND c.is_active = TRUE ORDER BY m.seq ${direction} LIMIT ?`;
}

/** The chat's counters; one value: the chat. */
function stateOf(kind: Kind): string {
  return `c.last_seq, c.visible_count, c.last_visible_seq,
    (SELECT m.seq FROM message_metadata m ${visibleIndex(kind)}
      WHERE m.chat_id = ? AND m.is_deleted = FALSE ORDER BY m.seq LIMIT 1) AS first_visible_seq`;
}

/** Up to `limit` rows in the direction asked for; `around` gives up to `limit` on either side. */
export async function readWindow(
  session: Session,
  kind: Kind,
  chatId: number,
  readerId: number,
  window: HistoryWindow,
): Promise<HistoryRows> {
  const fast = STATEMENTS[kind].flat;
  if (fast !== null && window.kind !== 'around') {
    const seq = window.kind === 'newest' ? BEYOND_NEWEST : window.seq;
    const text = window.kind === 'after' ? fast.after : fast.before;
    const found = await session.query(text, [chatId, readerId, seq, chatId, window.limit]);
    if (found.length > 0) return toHistory(found);
  }
  const [text, bounds] = statement(STATEMENTS[kind], chatId, window);
  return toHistory(await session.query(text, [chatId, readerId, ...bounds, chatId]));
}

function statement(
  { before, after, around }: Statements,
  chatId: number,
  window: HistoryWindow,
): readonly [string, readonly SqlValue[]] {
  const { limit } = window;
  switch (window.kind) {
    case 'newest':
      return [before, [chatId, BEYOND_NEWEST, limit]];
    case 'before':
      return [before, [chatId, window.seq, limit]];
    case 'after':
      return [after, [chatId, window.seq, limit]];
    case 'around':
      return [around, [chatId, window.seq + 1, limit, chatId, window.seq, limit]];
    default:
      return window satisfies never;
  }
}

/** The counters alone. Throws `chat_not_found`. */
export async function readCounters(
  session: Session,
  kind: Kind,
  chatId: number,
  readerId: number,
): Promise<HistoryRows> {
  return toHistory(await session.query(STATEMENTS[kind].counters, [chatId, readerId, chatId]));
}

function toHistory(found: readonly SqlRow[]): HistoryRows {
  const [state] = found;
  if (state === undefined) throw new AppError('chat_not_found');
  const packed = state['messages'];
  const rows = typeof packed === 'string' ? (JSON.parse(packed) as readonly SqlRow[]).map(toMessageRow) : null;
  return {
    rows: newestFirst(rows ?? readMessageRows(found)),
    visibleCount: Number(state['visible_count']),
    lastSeq: Number(state['last_seq']),
    firstVisibleSeq: Number(state['first_visible_seq'] ?? 0),
    lastVisibleSeq: Number(state['last_visible_seq']),
  };
}

/** Here, because sorting a joined result costs the databases a temporary table. */
export function newestFirst(rows: readonly MessageRow[]): readonly MessageRow[] {
  return [...rows].sort((a, b) => b.seq - a.seq);
}
