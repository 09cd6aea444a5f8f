import type { ChatCounters } from '../../../ports/inspection.js';
import type { Session } from '../database.js';

/** What the rows of a chat's messages come to. */
export interface CountedMessages extends ChatCounters {
  readonly messages: number;
  readonly withoutSender: number;
}

/** Rows of one statement: a few milliseconds each, so that a chat of a million neither times out nor holds others up. */
const STEP = 10_000;

const COUNT = `SELECT COUNT(*) AS messages, MAX(t.seq) AS last_seq,
    SUM(CASE WHEN t.is_deleted = FALSE THEN 1 ELSE 0 END) AS visible,
    MAX(CASE WHEN t.is_deleted = FALSE THEN t.seq ELSE 0 END) AS last_visible,
    SUM(CASE WHEN u.id IS NULL THEN 1 ELSE 0 END) AS without_sender
  FROM (SELECT m.seq, m.is_deleted, m.sender_id FROM message_metadata m
    WHERE m.chat_id = ? AND m.seq > ? ORDER BY m.seq LIMIT ?) t
  LEFT JOIN users u ON u.id = t.sender_id`;

/** In steps along the primary key; of one moment only in a snapshot or under the chat's lock. */
export async function countMessages(session: Session, chatId: number): Promise<CountedMessages> {
  let total: CountedMessages = NOTHING;
  // Below every seq, so that a row with a wrong one is counted, too.
  for (let after = -1; ;) {
    const [row] = await session.query(COUNT, [chatId, after, STEP]);
    const messages = Number(row?.['messages'] ?? 0);
    if (messages === 0) return total;
    after = Number(row?.['last_seq']);
    total = {
      messages: total.messages + messages,
      lastSeq: after,
      visibleCount: total.visibleCount + Number(row?.['visible']),
      lastVisibleSeq: Math.max(total.lastVisibleSeq, Number(row?.['last_visible'])),
      withoutSender: total.withoutSender + Number(row?.['without_sender']),
    };
    if (messages < STEP) return total;
  }
}

const NOTHING: CountedMessages = {
  messages: 0,
  lastSeq: 0,
  visibleCount: 0,
  lastVisibleSeq: 0,
  withoutSender: 0,
};
