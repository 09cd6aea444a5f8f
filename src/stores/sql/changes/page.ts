import { LIMITS } from '../../../protocol/limits.js';
import type { ChangeLog, DeltaPage } from '../../../ports/change-log.js';
import type { RepositoryContext } from '../chats/context.js';
import { toEvents } from './events.js';
import { readReaderHead, readState } from './head.js';
import { readChanged, type Changed } from './rows.js';

/** One page of what changed, in the order of rev over messages, participants and the chat's fields alike. */
export async function readPage(
  context: RepositoryContext,
  chatId: number,
  readerId: number,
  sinceRev: number,
  limit: number,
): ReturnType<ChangeLog['page']> {
  const { sql } = context;
  const { head, state, changed } = await sql.snapshot(async (session) => {
    const head = await readReaderHead(session, chatId, readerId);
    const state = await readState(session, sql.kind, head);
    // A chat begins with all its founders under one rev; beyond them every change has a rev of its own.
    const limits = { messages: limit + 1, participants: limit + LIMITS.groupMembers };
    return { head, state, changed: await readChanged(session, sql, head, sinceRev, limits) };
  });
  if (sinceRev > head.rev) return { kind: 'resync', rev: head.rev, reason: 'future_rev' };
  const { rev, hasMore } = endOfPage(changed, limit);
  const events = await toEvents(context, upTo(changed, rev));
  const page: DeltaPage = { rev, hasMore, state, events: [...events].sort((a, b) => a.rev - b.rev) };
  return { kind: 'page', page };
}

/** The rev of the last of `limit` objects. It is never cut through: a client that continues there misses nothing. */
function endOfPage(changed: Changed, limit: number): Pick<DeltaPage, 'rev' | 'hasMore'> {
  const { head, messages, participants, fields, since } = changed;
  const revs = [
    ...messages.map(({ row }) => row.rev),
    ...participants.map(({ participant }) => participant.rev),
    ...(fields ? [head.changedRev] : []),
  ].sort((a, b) => a - b);
  const last = limit === 0 ? since : revs[limit - 1];
  if (last === undefined || revs.every((rev) => rev <= last)) return { rev: head.rev, hasMore: false };
  return { rev: last, hasMore: true };
}

function upTo(changed: Changed, rev: number): Changed {
  return {
    ...changed,
    messages: changed.messages.filter(({ row }) => row.rev <= rev),
    participants: changed.participants.filter(({ participant }) => participant.rev <= rev),
    fields: changed.fields && changed.head.changedRev <= rev,
  };
}
