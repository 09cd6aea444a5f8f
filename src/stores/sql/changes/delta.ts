import type { ChangeLog, Delta, DeltaBounds } from '../../../ports/change-log.js';
import type { RepositoryContext } from '../chats/context.js';
import { readHead, readReaderHead, readState } from './head.js';
import { readOutline } from './outline.js';
import { toDelta } from './slices.js';

/** The whole delta for one reader's socket. */
export async function readSince(
  context: RepositoryContext,
  chatId: number,
  readerId: number,
  sinceRev: number,
  most: DeltaBounds,
): ReturnType<ChangeLog['since']> {
  const { sql } = context;
  const { head, state, outline } = await sql.snapshot(async (session) => {
    const head = await readReaderHead(session, chatId, readerId);
    const state = await readState(session, sql.kind, head);
    return { head, state, outline: await readOutline(session, sql, head, sinceRev, most.items) };
  });
  const { rev } = head;
  if (sinceRev > rev) return { kind: 'resync', rev, reason: 'future_rev', state };
  const delta = outline === null ? null : await toDelta(context, outline, most.bytes);
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
  const { rev, outline } = await sql.snapshot(async (session) => {
    const head = await readHead(session, chatId);
    if (head === null) return { rev: null, outline: null };
    return { rev: head.rev, outline: await readOutline(session, sql, head, afterRev, most.items) };
  });
  if (rev === null) return { rev: afterRev, items: 0, slices: [] };
  return outline === null ? null : toDelta(context, outline, most.bytes);
}
