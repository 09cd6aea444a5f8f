import { AppError } from '../../../domain/errors.js';
import type { Message } from '../../../domain/message.js';
import type { AppendOutcome, MessageDraft } from '../../../ports/message-log.js';
import { ERROR_CODES } from '../../../protocol/error-codes.js';
import type { RepositoryContext } from '../chats/context.js';
import { settled } from '../chats/settle.js';
import { batchVerdict, writeBatch, type BatchPlan } from './append-batch.js';
import { withContents } from './contents.js';
import { dropBodies, insertBodies } from './body-writes.js';
import { findFirst, type FirstMessage } from './duplicates.js';
import type { Mint } from './minting.js';
import { toMessage } from './rows.js';
import { bodyOf, groupSends, type Send } from './sends.js';

/** What became of one send, for all of its drafts. */
type Fate =
  | { readonly kind: 'stored'; readonly message: Message }
  | { readonly kind: 'known'; readonly first: FirstMessage }
  | { readonly kind: 'failed'; readonly error: AppError };

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
  const unused = [...fates].filter(([send, fate]) => !unstored.has(send) && isUnused(fate));
  await dropBodies(
    context,
    unused.map(([send]) => send.minted.id),
  );
  return answer(context, drafts, sends, fates);
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

async function answer(
  context: RepositoryContext,
  drafts: readonly MessageDraft[],
  sends: readonly Send[],
  fates: ReadonlyMap<Send, Fate>,
): Promise<readonly AppendOutcome[]> {
  const repeats = await repeatedMessages(context, fates);
  const outcomes = new Array<AppendOutcome>(drafts.length);
  for (const send of sends) {
    const fate = fates.get(send) ?? { kind: 'failed', error: new AppError('unavailable') };
    for (const [turn, { index, hash }] of send.asked.entries()) {
      outcomes[index] = outcomeOf(send, fate, turn, hash, repeats);
    }
  }
  return outcomes;
}

function outcomeOf(
  send: Send,
  fate: Fate,
  turn: number,
  hash: Buffer,
  repeats: ReadonlyMap<number, Message>,
): AppendOutcome {
  switch (fate.kind) {
    case 'failed':
      return { ok: false, error: fate.error };
    case 'stored': {
      const { message } = fate;
      if (turn > 0) return hash.equals(send.hash) ? duplicate(message) : REUSED;
      const event = {
        type: 'new_message' as const,
        chatId: message.chatId,
        rev: message.rev,
        at: message.timestamp,
        message,
      };
      return { ok: true, message, duplicate: false, event };
    }
    case 'known': {
      const { row, requestHash } = fate.first;
      if (requestHash !== null && !hash.equals(requestHash)) return REUSED;
      return duplicate(repeats.get(row.id) ?? toMessage({ ...row, isDeleted: true }, null));
    }
    default:
      return fate satisfies never;
  }
}

const REUSED: AppendOutcome = { ok: false, error: new AppError('client_message_id_reused') };

function duplicate(message: Message): AppendOutcome {
  return { ok: true, message, duplicate: true, event: null };
}

/** The first messages of repeats as they stand now; one that is missing here was deleted while being read. */
async function repeatedMessages(
  context: RepositoryContext,
  fates: ReadonlyMap<Send, Fate>,
): Promise<ReadonlyMap<number, Message>> {
  const rows = [...fates.values()].flatMap((fate) => (fate.kind === 'known' ? [fate.first.row] : []));
  if (rows.length === 0) return new Map();
  return new Map((await withContents(context, rows)).map((message) => [message.id, message]));
}
