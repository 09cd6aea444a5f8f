import type { HistoryWindow, MessageLog } from '../../../../ports/message-log.js';
import type { ReadShare } from '../../../../ports/read-share.js';
import { LIMITS } from '../../../../protocol/limits.js';
import type { RepositoryContext } from '../../ground/context.js';
import { paidContents } from '../../ground/contents.js';
import type { MessageRow } from '../../ground/message-rows.js';
import { sizesOf, inTurnIfMany } from '../../ground/slices.js';
import { readWindow, type HistoryRows } from './ranges.js';
import { aroundWithin, from, prefixWithin, suffixWithin, type Range } from './within-bytes.js';

/** A window by cursor: one keyed statement and one body read where it is small, wherever in the history it lies. */
export async function windowOf(
  context: RepositoryContext,
  chatId: number,
  readerId: number,
  window: HistoryWindow,
  share: ReadShare,
): ReturnType<MessageLog['window']> {
  const { sql } = context;
  const history = await inTurnIfMany(share, window.limit, () =>
    sql.read((session) => readWindow(session, sql.words, chatId, readerId, window)),
  );
  const asked = window.kind === 'around' ? centred(history.rows, window.seq, window.limit) : history.rows;
  const sizes = await sizesOf(context, asked);
  const range = within(asked, sizes, window);
  const rows = from(asked, range);
  const items = await paidContents(context, rows, from(sizes, range), share);
  return { items, ...beyond(history, rows, window) };
}

/** What is nearest to the cursor, as long as it is not too many bytes. */
function within(rows: readonly MessageRow[], sizes: readonly number[], window: HistoryWindow): Range {
  switch (window.kind) {
    case 'newest':
    case 'before':
      return prefixWithin(sizes, LIMITS.answerBytes);
    case 'after':
      return suffixWithin(sizes, LIMITS.answerBytes);
    case 'around': {
      // Where the message itself is not visible: the next older one, else the last there is.
      const found = rows.findIndex((row) => row.seq <= window.seq);
      return aroundWithin(sizes, found === -1 ? rows.length - 1 : found, LIMITS.answerBytes);
    }
    default:
      return window satisfies never;
  }
}

/**
 * Of up to `limit` rows on either side of `seq`, as many older as newer ones around it; where it is not visible itself,
 * its place goes to a newer one. A short side leaves its room to the other.
 */
function centred(rows: readonly MessageRow[], seq: number, limit: number): readonly MessageRow[] {
  const newer = rows.filter((row) => row.seq > seq).length;
  const older = rows.length - newer;
  const room = rows.some((row) => row.seq === seq) ? limit - 1 : limit;
  const wanted = Math.max(Math.floor(room / 2), limit - older);
  const start = newer - Math.min(newer, wanted);
  return rows.slice(start, start + limit);
}

/** Whether visible messages lie beyond the rows shown, or beyond the cursor where none are. */
function beyond(
  { rows: read, hasOlder, lastVisibleSeq }: HistoryRows,
  rows: readonly MessageRow[],
  window: HistoryWindow,
): { readonly hasMoreBefore: boolean; readonly hasMoreAfter: boolean } {
  const newest = rows[0];
  const oldest = rows.at(-1);
  if (newest !== undefined && oldest !== undefined) {
    const isCut = oldest !== read.at(-1);
    return { hasMoreBefore: hasOlder || isCut, hasMoreAfter: lastVisibleSeq > newest.seq };
  }
  // An empty side has everything visible, if anything is, on the other side of its cursor.
  const any = lastVisibleSeq > 0;
  return { hasMoreBefore: any && window.kind === 'after', hasMoreAfter: any && window.kind === 'before' };
}
