import type { ChangeLog, Delta, DeltaBounds } from '../../../ports/change-log.js';
import type { Session, SqlDatabase } from '../database.js';
import type { RepositoryContext } from '../ground/context.js';
import { readHead, readReaderHead, readState, type ChatHead } from './head.js';
import type { FoundObjects } from './kind.js';
import { findAll } from './kinds.js';
import { SLICE_ITEMS, toDelta } from './slices.js';

/** The whole delta for one reader's socket. */
export async function readSince(
  context: RepositoryContext,
  chatId: number,
  readerId: number,
  sinceRev: number,
  most: DeltaBounds,
): ReturnType<ChangeLog['since']> {
  const { sql } = context;
  const { head, state, found } = await sql.snapshot(async (session) => {
    const head = await readReaderHead(session, chatId, readerId);
    const state = await readState(session, sql.words, head);
    return { head, state, found: await findForDelta(session, sql, head, sinceRev, most.items) };
  });
  const { rev } = head;
  if (sinceRev > rev) return { kind: 'resync', rev, reason: 'future_rev', state };
  const delta = found === null ? null : await toDelta(context, rev, found, most.bytes);
  if (delta === null) return { kind: 'resync', rev, reason: 'too_large', state };
  return { kind: 'delta', delta, state };
}

/** The delta of a chat for all who are in it. */
export async function readMissed(
  context: RepositoryContext,
  chatId: number,
  afterRev: number,
  most: DeltaBounds,
): Promise<Delta | null> {
  const { sql } = context;
  const { rev, found } = await sql.snapshot(async (session) => {
    const head = await readHead(session, chatId);
    if (head === null) return { rev: null, found: null };
    return { rev: head.rev, found: await findForDelta(session, sql, head, afterRev, most.items) };
  });
  if (rev === null) return { rev: afterRev, items: 0, slices: [] };
  return found === null ? null : toDelta(context, rev, found, most.bytes);
}

/** What fits into one slice is read in one go, with its rows. */
function findForDelta(
  session: Session,
  sql: SqlDatabase,
  head: ChatHead,
  since: number,
  maxItems: number,
): Promise<readonly FoundObjects[] | null> {
  const form = head.rev - since <= SLICE_ITEMS ? 'whole' : 'outline';
  return findAll(session, sql, head, { since, form }, maxItems);
}
