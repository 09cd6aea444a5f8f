import { AppError } from '../../../domain/errors.js';
import type { HistoryWindow } from '../../../ports/message-log.js';
import type { Session, SqlRow, SqlValue } from '../database.js';
import { MESSAGE_COLUMNS, MESSAGE_WITH_SENDER, readMessageRow, type MessageRow } from './rows.js';

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
export const BEYOND_NEWEST = Number.MAX_SAFE_INTEGER;

const VISIBLE = `SELECT ${MESSAGE_COLUMNS} FROM message_metadata m WHERE m.chat_id = ? AND m.is_deleted = FALSE`;
const OLDER = `${VISIBLE} AND m.seq < ? ORDER BY m.seq DESC LIMIT ?`;
const NEWER = `${VISIBLE} AND m.seq > ? ORDER BY m.seq LIMIT ?`;

const STATE = `c.last_seq, c.visible_count, c.last_visible_seq,
  (SELECT f.seq FROM message_metadata f WHERE f.chat_id = ? AND f.is_deleted = FALSE ORDER BY f.seq LIMIT 1)
    AS first_visible_seq`;
const READER = `chats c JOIN chat_participants p ON p.chat_id = c.id AND p.user_id = ? AND p.left_at IS NULL`;

/** One statement, so that membership, counters and rows are of one moment; no row at all: not the reader's chat. */
function history(rows: string): string {
  return `SELECT ${STATE}, ${MESSAGE_WITH_SENDER}
    FROM ${READER} LEFT JOIN (${rows}) m ON m.chat_id = c.id LEFT JOIN users u ON u.id = m.sender_id
    WHERE c.id = ? AND c.is_active = TRUE`;
}

const BEFORE = history(OLDER);
const AFTER = history(NEWER);
const AROUND = history(`SELECT * FROM (${OLDER}) older UNION ALL SELECT * FROM (${NEWER}) newer`);

/** Up to `limit` rows in the direction asked for; `around` gives up to `limit` on either side. */
export async function readWindow(
  session: Session,
  chatId: number,
  readerId: number,
  window: HistoryWindow,
): Promise<HistoryRows> {
  const [text, bounds] = statement(chatId, window);
  return toHistory(await session.query(text, [chatId, readerId, ...bounds, chatId]));
}

function statement(chatId: number, window: HistoryWindow): readonly [string, readonly SqlValue[]] {
  const { limit } = window;
  switch (window.kind) {
    case 'newest':
      return [BEFORE, [chatId, BEYOND_NEWEST, limit]];
    case 'before':
      return [BEFORE, [chatId, window.seq, limit]];
    case 'after':
      return [AFTER, [chatId, window.seq, limit]];
    case 'around':
      return [AROUND, [chatId, window.seq + 1, limit, chatId, window.seq, limit]];
    default:
      return window satisfies never;
  }
}

const COUNTERS = `SELECT ${STATE} FROM ${READER} WHERE c.id = ? AND c.is_active = TRUE`;

/** The counters alone. Throws `chat_not_found`. */
export async function readCounters(session: Session, chatId: number, readerId: number): Promise<HistoryRows> {
  return toHistory(await session.query(COUNTERS, [chatId, readerId, chatId]));
}

function toHistory(found: readonly SqlRow[]): HistoryRows {
  const [state] = found;
  if (state === undefined) throw new AppError('chat_not_found');
  return {
    rows: newestFirst(state['id'] === undefined || state['id'] === null ? [] : found.map(readMessageRow)),
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
