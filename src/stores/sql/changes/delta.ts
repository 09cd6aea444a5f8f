import type { DurableEvent } from '../../../domain/events.js';
import type { ChangeLog, Delta } from '../../../ports/change-log.js';
import type { RepositoryContext } from '../chats/context.js';
import { toEvents } from './events.js';
import { readHead, readReaderHead, readState } from './head.js';
import { readChangedWhole, type Changed } from './rows.js';

/** The whole delta for one reader's socket. */
export async function readSince(
  context: RepositoryContext,
  chatId: number,
  readerId: number,
  sinceRev: number,
  maxItems: number,
): ReturnType<ChangeLog['since']> {
  const { sql } = context;
  const { head, state, changed } = await sql.snapshot(async (session) => {
    const head = await readReaderHead(session, chatId, readerId);
    const state = await readState(session, sql.kind, head);
    return { head, state, changed: await readChangedWhole(session, sql, head, sinceRev, maxItems) };
  });
  const { rev } = head;
  if (sinceRev > rev) return { kind: 'resync', rev, reason: 'future_rev', state };
  if (changed === null) return { kind: 'resync', rev, reason: 'too_large', state };
  return { kind: 'delta', delta: await toDelta(context, changed), state };
}

/** The delta of a chat for all who are in it. */
export async function readMissed(
  context: RepositoryContext,
  chatId: number,
  afterRev: number,
  maxItems: number,
): Promise<Delta | null> {
  const { sql } = context;
  const { rev, changed } = await sql.snapshot(async (session) => {
    const head = await readHead(session, chatId);
    if (head === null) return { rev: null, changed: null };
    return { rev: head.rev, changed: await readChangedWhole(session, sql, head, afterRev, maxItems) };
  });
  if (rev === null) return { rev: afterRev, events: [] };
  return changed === null ? null : toDelta(context, changed);
}

async function toDelta(context: RepositoryContext, changed: Changed): Promise<Delta> {
  const events = await toEvents(context, changed);
  return { rev: changed.head.rev, events: [...events].sort(inOrderOfReplay) };
}

/**
 * Removals first, so that nobody is told anything after what ends their membership; then new messages in the order of
 * the history; then what changes things that are there by then.
 */
function inOrderOfReplay(a: DurableEvent, b: DurableEvent): number {
  return phaseOf(a) - phaseOf(b) || placeOf(a) - placeOf(b);
}

function phaseOf(event: DurableEvent): number {
  if (event.type === 'participant_removed') return 0;
  return event.type === 'new_message' ? 1 : 2;
}

function placeOf(event: DurableEvent): number {
  return event.type === 'new_message' ? event.message.seq : event.rev;
}
