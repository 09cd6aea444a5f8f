import type { Message } from '../../../domain/message.js';
import type { HistoryWindow, MessageLog } from '../../../ports/message-log.js';
import type { RepositoryContext } from '../chats/context.js';
import { withContents } from './contents.js';
import { readWindow, type HistoryRows } from './history.js';
import type { MessageRow } from './rows.js';

/** A window by cursor: one keyed statement and one body read, wherever in the history it lies. */
export async function windowOf(
  context: RepositoryContext,
  chatId: number,
  readerId: number,
  window: HistoryWindow,
): ReturnType<MessageLog['window']> {
  const history = await context.sql.read((session) => readWindow(session, context.sql.kind, chatId, readerId, window));
  const rows = window.kind === 'around' ? centred(history.rows, window.seq, window.limit) : history.rows;
  const items: readonly Message[] = await withContents(context, rows);
  return { items, ...beyond(history, rows, window) };
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
