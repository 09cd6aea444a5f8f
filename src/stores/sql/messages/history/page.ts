import type { MessageLog } from '../../../../ports/message-log.js';
import type { ReadShare } from '../../../../ports/read-share.js';
import type { Words } from '../../words.js';
import type { RepositoryContext } from '../../ground/context.js';
import type { Session } from '../../database.js';
import { VISIBLE_INDEX } from '../../ground/lists.js';
import { paidContents } from '../../ground/contents.js';
import { messageColumns, readMessageRows, type MessageRow } from '../../ground/message-rows.js';
import { sizesOf, inTurnIfMany } from '../../ground/slices.js';
import { newestFirst, readCounters, readWindow, type HistoryRows } from './ranges.js';

/** A page by number: the first in one statement, others in two of one snapshot. */
export async function pageOf(
  context: RepositoryContext,
  chatId: number,
  readerId: number,
  page: Parameters<MessageLog['page']>[2],
  share: ReadShare,
): ReturnType<MessageLog['page']> {
  const { sql } = context;
  const { rows, visibleCount } = await inTurnIfMany(share, page.limit, () =>
    page.offset === 0
      ? sql.read((session) => readWindow(session, sql.words, chatId, readerId, { kind: 'newest', limit: page.limit }))
      : sql.snapshot((session) => readPage(session, sql.words, chatId, readerId, page)),
  );
  return { items: await paidContents(context, rows, await sizesOf(context, rows), share), total: visibleCount };
}

async function readPage(
  session: Session,
  words: Words,
  chatId: number,
  readerId: number,
  { offset, limit }: Parameters<MessageLog['page']>[2],
): Promise<HistoryRows> {
  const counters = await readCounters(session, words, chatId, readerId);
  const { visibleCount, lastSeq } = counters;
  if (offset >= visibleCount) return counters;
  // Nothing was ever deleted: the page's place is known, so it costs the same at every depth.
  if (visibleCount === lastSeq) {
    return readWindow(session, words, chatId, readerId, { kind: 'before', seq: lastSeq - offset + 1, limit });
  }
  return {
    ...counters,
    rows: await readByNumber(session, words, chatId, offset, Math.min(limit, visibleCount - offset), visibleCount),
  };
}

function byNumber(words: Words, direction: 'ASC' | 'DESC'): string {
  return `SELECT ${messageColumns(words)}
    FROM (SELECT v.seq FROM message_metadata v ${words.index(VISIBLE_INDEX)} WHERE v.chat_id = ? AND v.is_deleted = FALSE
      ORDER BY v.seq ${direction} LIMIT ? OFFSET ?) w
    JOIN message_metadata m ON m.chat_id = ? AND m.seq = w.seq
    JOIN users u ON u.id = m.sender_id`;
}

/** Counts through the index alone and from the nearer end; only the page's own rows are read. */
async function readByNumber(
  session: Session,
  words: Words,
  chatId: number,
  offset: number,
  count: number,
  visibleCount: number,
): Promise<readonly MessageRow[]> {
  const fromOldest = visibleCount - offset - count;
  const rows =
    offset <= fromOldest
      ? await session.query(byNumber(words, 'DESC'), [chatId, count, offset, chatId])
      : await session.query(byNumber(words, 'ASC'), [chatId, count, fromOldest, chatId]);
  return newestFirst(readMessageRows(rows));
}
