import { nextTurn } from '../../../domain/next-turn.js';
import type { DeltaPage } from '../../../ports/change-log.js';
import { LIMITS } from '../../../protocol/limits.js';
import type { Session, SqlDatabase } from '../database.js';
import { SLICE_ROWS } from '../messages/slices.js';
import type { ChatHead } from './head.js';
import { readChanged, type Changed, type ChangedMessage } from './rows.js';

/** What a page may hold. */
export interface PageBounds {
  readonly limit: number;
  /** Null: of an answer of its own, whose first object is told whatever its size. */
  readonly bytesLeft: number | null;
}

/**
 * What changed, at least as far as a page with these bounds can reach, and the first object beyond it. Messages are read
 * in slices, with a turn of the loop between two, and no more of them than their bytes leave room for: those of a page
 * of 500 take an embedded database 8 ms.
 */
export async function readForPage(
  session: Session,
  sql: Pick<SqlDatabase, 'kind' | 'tables'>,
  head: ChatHead,
  since: number,
  { limit, bytesLeft }: PageBounds,
): Promise<Changed> {
  const wanted = limit + 1;
  const most = bytesLeft ?? LIMITS.answerBytes;
  // A chat begins with all its founders under one rev; beyond them every change has a rev of its own.
  const participants = limit + LIMITS.groupMembers;
  const first = await readChanged(session, sql, head, since, { messages: Math.min(wanted, SLICE_ROWS), participants });
  const messages = [...first.messages];
  let asked = Math.min(wanted, SLICE_ROWS);
  let bytes = knownBytes(messages);
  for (let read = messages.length; read === asked && messages.length < wanted && bytes <= most;) {
    await nextTurn();
    asked = Math.min(wanted - messages.length, SLICE_ROWS);
    const after = messages.at(-1)?.row.rev ?? since;
    const slice = await readChanged(session, sql, head, after, { messages: asked, participants: 0 });
    messages.push(...slice.messages);
    read = slice.messages.length;
    bytes += knownBytes(slice.messages);
  }
  return { ...first, messages };
}

/** Those of before the column count nothing here: more is read of them than fits, and cut off by what the bodies say. */
function knownBytes(messages: readonly ChangedMessage[]): number {
  return messages.reduce((sum, { row }) => sum + (row.isDeleted ? 0 : (row.bodyBytes ?? 0)), 0);
}

/**
 * Where the page ends: behind the last object that fits. A rev is never cut through: a client that continues there misses
 * nothing. `sizes`: of the messages, in their order.
 */
export function endOfPage(
  changed: Changed,
  sizes: readonly number[],
  { limit, bytesLeft }: PageBounds,
): Pick<DeltaPage, 'rev' | 'hasMore'> & { readonly objects: number } {
  const { head, messages, participants, fields, since } = changed;
  const objects = [
    ...messages.map(({ row }, index) => ({ rev: row.rev, bytes: sizes[index] ?? 0 })),
    ...participants.map(({ participant }) => ({ rev: participant.rev, bytes: 0 })),
    ...(fields ? [{ rev: head.changedRev, bytes: 0 }] : []),
  ].sort((a, b) => a.rev - b.rev);
  const most = bytesLeft ?? LIMITS.answerBytes;
  let last = since;
  let bytes = 0;
  for (const [count, object] of objects.entries()) {
    bytes += object.bytes;
    const isFirst = count === 0 && bytesLeft === null;
    const isFull = count >= limit || (bytes > most && !isFirst);
    if (isFull && object.rev !== last) return { rev: last, hasMore: true, objects: count };
    last = object.rev;
  }
  return { rev: head.rev, hasMore: false, objects: objects.length };
}

export function upTo(changed: Changed, rev: number): Changed {
  return {
    ...changed,
    messages: changed.messages.filter(({ row }) => row.rev <= rev),
    participants: changed.participants.filter(({ participant }) => participant.rev <= rev),
    fields: changed.fields && changed.head.changedRev <= rev,
  };
}
