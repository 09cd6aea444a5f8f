import { AppError } from '../../../domain/errors.js';
import type { Message } from '../../../domain/message.js';
import type { AppendOutcome, MessageDraft } from '../../../ports/message-log.js';
import { ERROR_CODES } from '../../../protocol/error-codes.js';
import type { RepositoryContext } from '../chats/context.js';
import { duplicateKey, failureIn, isLockWait } from '../errors.js';
import type { AppendState } from './append-state.js';
import { writeBatch, type BatchResult, type BatchWork } from './append-batch.js';
import { BodiesLate, dropBodies, startBodies, type BatchBodies } from './body-writes.js';
import { findFirst } from './duplicates.js';
import { outcomesOf, type Fate } from './outcomes.js';
import { atMost, within } from '../../patience.js';
import { readFirsts, type FirstMessages } from './repeats.js';
import { groupSends, type Send } from './sends.js';

/**
 * Stores a batch of sends.
 *
 *   1. group   Drafts with the same key become one send; the others get the answer of the first (I3).
 *   2. bodies  Set off for the body store, beside the locking read. They are journaled before the COMMIT is sent, or
 *              their send fails by itself (I1). While the body store is slow they go first, so that nobody waits for
 *              it under a lock. Bodies in the same database are written by the transaction itself.
 *   3. rows    One transaction (append-batch.ts): lock, admit, place, insert, COMMIT (I4, I7). Repeats are not looked
 *              for: where the unique key finds one, the transaction is rolled back and run again with a look-up.
 *   4. after   Bodies that no row names are removed and the first messages of repeats read. Nothing here may fail
 *              what is stored, and where a COMMIT's fate stays unknown nothing is claimed (I13).
 */
export async function appendBatch(
  context: RepositoryContext,
  state: AppendState,
  drafts: readonly MessageDraft[],
  waits: boolean,
): Promise<readonly (AppendOutcome | 'busy')[]> {
  if (drafts.length === 0) return [];
  const { mint, kept, pace } = state;
  if (!mint.synchronised()) mint.observe(await context.sql.read((session) => session.now()));
  const { sends, stored } = groupSends(drafts, mint, kept);
  const bodies = startBodies(context, pace, sends, stored);
  const fates = new Map<Send, Fate>();
  // SQLite has one writer: bodies of their own would wait for the very transaction that waits for them.
  if (pace.isSlow || context.sql.kind === 'sqlite') await failLost(bodies, fates);
  const rest = sends.filter((send) => !fates.has(send));
  for (const [send, fate] of await writeRows(context, state, { sends: rest, bodies, waits, looksUpAll: false })) {
    fates.set(send, fate);
  }
  await findLost(context, fates);
  return outcomesOf(drafts, sends, fates, await conclude(context, state, fates, bodies));
}

async function failLost(bodies: BatchBodies, fates: Map<Send, Fate>): Promise<void> {
  for (const [send, error] of await bodies.lost) fates.set(send, { kind: 'failed', error, isBodiless: true });
}

/** At most three times: bodies are late once, and once looked up under the lock no repeat is overlooked. */
async function writeRows(
  context: RepositoryContext,
  state: AppendState,
  work: BatchWork,
): Promise<ReadonlyMap<Send, Fate>> {
  if (work.sends.length === 0) return new Map();
  try {
    const result = await writeBatch(context, state, work);
    if (work.looksUpAll) for (const send of result.known.keys()) state.repeaters.add(send.draft.senderId);
    return fatesOf(result);
  } catch (error) {
    if (error instanceof BodiesLate) {
      await work.bodies.lost;
      return writeRows(context, state, work);
    }
    if (!work.looksUpAll && duplicateKey(error) === 'message_metadata_client_key') {
      return writeRows(context, state, { ...work, looksUpAll: true });
    }
    if (!(error instanceof AppError)) throw error;
    const isBusy = !work.waits && isLockWait(failureIn(error));
    return new Map(work.sends.map((send) => [send, isBusy ? { kind: 'busy' } : { kind: 'failed', error }]));
  }
}

function fatesOf({ stored, known, failed, lost, busy }: BatchResult): ReadonlyMap<Send, Fate> {
  const fates = new Map<Send, Fate>();
  for (const [send, error] of failed) fates.set(send, { kind: 'failed', error });
  for (const [send, error] of lost) fates.set(send, { kind: 'failed', error, isBodiless: true });
  for (const [send, first] of known) fates.set(send, { kind: 'known', first });
  for (const send of busy) fates.set(send, { kind: 'busy' });
  for (const { send, id, seq, rev } of stored) {
    fates.set(send, { kind: 'stored', message: newMessage(send, id, seq, rev) });
  }
  return fates;
}

/** A repeat needs no body of its own: it is answered also while none can be stored. */
async function findLost(context: RepositoryContext, fates: Map<Send, Fate>): Promise<void> {
  const { sql } = context;
  const unstored = [...fates].flatMap(([send, fate]) =>
    fate.kind === 'failed' && fate.isBodiless === true ? [send] : [],
  );
  if (unstored.every(({ draft }) => draft.clientMessageId === null)) return;
  try {
    for (const [send, first] of await sql.read((session) => findFirst(session, sql.kind, unstored))) {
      fates.set(send, { kind: 'known', first });
    }
  } catch (error) {
    // Not known, then: they stay unavailable and may be sent again.
    if (!(error instanceof AppError)) throw error;
  }
}

/** A slow body store costs the acknowledgements of what was stored this much; the repeats of the batch ask again. */
const PATIENCE_MS = 1_000;

/**
 * What is left to do after the COMMIT, none of which may fail the batch or hold up what it stored: removing the bodies
 * that no row will name, and reading the first messages of repeats.
 */
async function conclude(
  context: RepositoryContext,
  state: AppendState,
  fates: ReadonlyMap<Send, Fate>,
  bodies: BatchBodies,
): Promise<FirstMessages> {
  const known = [...fates.values()].flatMap((fate) => (fate.kind === 'known' ? [fate.first] : []));
  const isTidy = ![...fates.values()].some((fate) => fate.kind === 'busy' || isUnused(fate));
  if (known.length === 0 && isTidy) return new Map();
  const tidied = context.bodiesWithRows === undefined ? tidy(context, state, fates, bodies) : Promise.resolve();
  const firsts = readFirsts(context, known);
  const isAwaited = [...fates.values()].some((fate) => fate.kind === 'stored');
  const [read] = await Promise.all([
    isAwaited ? within(PATIENCE_MS, firsts, () => new AppError('unavailable')) : firsts,
    atMost(PATIENCE_MS, tidied, undefined),
  ]);
  return read;
}

/** Removes the bodies that nobody will name, and keeps those of busy chats for the next try. */
async function tidy(
  context: RepositoryContext,
  { kept }: AppendState,
  fates: ReadonlyMap<Send, Fate>,
  bodies: BatchBodies,
): Promise<void> {
  const unused: Uint8Array[] = [];
  const left = [...fates].filter(([, fate]) => fate.kind === 'busy' || isUnused(fate));
  if (left.length === 0) return;
  const lost = await bodies.lost;
  for (const [send, fate] of left) {
    if (lost.has(send)) continue;
    if (fate.kind === 'busy') kept.set(send.draft, send.minted);
    else unused.push(send.minted.id);
  }
  await dropBodies(context, unused);
}

/**
 * Only what is certain: the body of a repeat, and of a send that a rule refused. Where the store failed, the body stays
 * behind as an orphan, because a commit that was wrongly given up for lost would miss it.
 */
function isUnused(fate: Fate): boolean {
  return fate.kind === 'known' || (fate.kind === 'failed' && !ERROR_CODES[fate.error.code].retryable);
}

function newMessage({ draft, minted }: Send, id: number, seq: number, rev: number): Message {
  return {
    id,
    chatId: draft.chatId,
    seq,
    rev,
    senderId: draft.senderId,
    senderUsername: draft.senderUsername,
    content: draft.content,
    contentStatus: 'ok',
    timestamp: minted.at,
    messageType: draft.messageType,
    isEdited: false,
    isDeleted: false,
    editedAt: null,
    version: 1,
    clientMessageId: draft.clientMessageId,
  };
}
