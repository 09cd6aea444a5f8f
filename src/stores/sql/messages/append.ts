import { AppError } from '../../../domain/errors.js';
import type { Message } from '../../../domain/message.js';
import type { AppendOutcome, MessageDraft } from '../../../ports/message-log.js';
import { ERROR_CODES } from '../../../protocol/error-codes.js';
import type { RepositoryContext } from '../chats/context.js';
import { settled } from '../chats/settle.js';
import { batchVerdict, writeBatch, type BatchPlan } from './append-batch.js';
import { dropBodies, insertBodies } from './body-writes.js';
import { findFirst } from './duplicates.js';
import type { Mint } from './minting.js';
import { outcomesOf, type Fate } from './outcomes.js';
import { atMost } from './patience.js';
import { readFirsts, type FirstMessages } from './repeats.js';
import { bodyOf, groupSends, type Send } from './sends.js';

/**
 * Stores a batch: bodies first and journaled, then one transaction for all rows. The look-up of repeats runs beside
 * the bodies, because it finds nothing in nearly every batch; bodies that turn out to be repeats are removed again.
 */
export async function appendBatch(
  context: RepositoryContext,
  mint: Mint,
  drafts: readonly MessageDraft[],
): Promise<readonly AppendOutcome[]> {
  if (drafts.length === 0) return [];
  if (!mint.synchronised()) mint.observe(await context.sql.read((session) => session.now()));
  const sends = groupSends(drafts, mint);
  const { sql } = context;
  const [known, unstored] = await Promise.all([
    sql.read((session) => findFirst(session, sql.kind, sends)),
    storeBodies(context, sends),
  ]);
  const fates = new Map<Send, Fate>();
  for (const [send, error] of unstored) fates.set(send, { kind: 'failed', error });
  for (const [send, first] of known) fates.set(send, { kind: 'known', first });
  const fresh = sends.filter((send) => !fates.has(send));
  for (const [send, fate] of await writeRows(context, mint, fresh)) fates.set(send, fate);
  return outcomesOf(drafts, sends, fates, await conclude(context, fates, unstored));
}

/** A slow body store costs the acknowledgements of what was stored this much; the repeats of the batch ask again. */
const PATIENCE_MS = 1_000;

/**
 * What is left to do after the COMMIT, none of which may fail the batch or hold up what it stored: removing the bodies
 * that no row will name, and reading the first messages of repeats.
 */
async function conclude(
  context: RepositoryContext,
  fates: ReadonlyMap<Send, Fate>,
  unstored: ReadonlyMap<Send, AppError>,
): Promise<FirstMessages> {
  const unused = [...fates].flatMap(([send, fate]) => (!unstored.has(send) && isUnused(fate) ? [send.minted.id] : []));
  const known = [...fates.values()].flatMap((fate) => (fate.kind === 'known' ? [fate.first] : []));
  const dropped = dropBodies(context, unused);
  const firsts = readFirsts(context, known);
  const isAwaited = [...fates.values()].some((fate) => fate.kind === 'stored');
  const [read] = await Promise.all(
    isAwaited
      ? [atMost(PATIENCE_MS, firsts, new AppError('unavailable')), atMost(PATIENCE_MS, dropped, undefined)]
      : [firsts, dropped],
  );
  return read;
}

/** The sends whose bodies are not there. */
async function storeBodies(context: RepositoryContext, sends: readonly Send[]): Promise<ReadonlyMap<Send, AppError>> {
  try {
    const failed = new Set(await insertBodies(context, sends.map(bodyOf)));
    return new Map(sends.filter((_, index) => failed.has(index)).map((send) => [send, new AppError('unavailable')]));
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return new Map(sends.map((send) => [send, error]));
  }
}

async function writeRows(
  context: RepositoryContext,
  mint: Mint,
  sends: readonly Send[],
): Promise<ReadonlyMap<Send, Fate>> {
  if (sends.length === 0) return new Map();
  try {
    const plan = await settled(
      context.sql,
      (tx) => writeBatch(tx, context, mint, sends),
      (tx, planned) => batchVerdict(tx, context, planned),
    );
    return fatesOf(plan);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return new Map(sends.map((send) => [send, { kind: 'failed', error }]));
  }
}

function fatesOf(plan: BatchPlan): ReadonlyMap<Send, Fate> {
  const fates = new Map<Send, Fate>();
  for (const [send, error] of plan.refused) fates.set(send, { kind: 'failed', error });
  for (const [send, first] of plan.known) fates.set(send, { kind: 'known', first });
  for (const [send, { id, seq, rev }] of plan.stored) {
    fates.set(send, { kind: 'stored', message: newMessage(send, id, seq, rev) });
  }
  return fates;
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

/**
 * Only what is certain: the body of a repeat, and of a send that a rule refused. Where the store failed, the body stays
 * behind as an orphan, because a commit that was wrongly given up for lost would miss it.
 */
function isUnused(fate: Fate): boolean {
  return fate.kind === 'known' || (fate.kind === 'failed' && !ERROR_CODES[fate.error.code].retryable);
}
