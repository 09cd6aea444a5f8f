import { AppError } from '../../../../domain/errors.js';
import type { Message } from '../../../../domain/message.js';
import type { RepositoryContext } from '../../ground/context.js';
import { DriverFailure, duplicateKey, failureIn, isLockWait } from '../../errors.js';
import { commitBatch, type BatchResult, type BatchWork } from './batch.js';
import type { AppendState } from './state.js';
import { BodiesLate } from './body-writes.js';
import type { Fate } from './outcomes.js';
import type { Send } from './sends.js';

/**
 * Writes the rows of a batch in one transaction; at most three times, because bodies are late once, and once looked up
 * under the lock no repeat is overlooked. Where one chat of several makes the transaction fail, by a broken row or by one
 * that somebody holds without the chat's lock, it is rolled back and each chat gets one of its own: the others are
 * stored, and only the bad one fails or is busy. Rejects only for a fault that no chat is to blame for.
 */
export async function writeRows(
  context: RepositoryContext,
  state: AppendState,
  work: BatchWork,
): Promise<ReadonlyMap<Send, Fate>> {
  if (work.sends.length === 0) return new Map();
  try {
    const result = await commitBatch(context, state, work);
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
    const isBusy = !work.waits && isLockWait(failureIn(error));
    const isBroken = error instanceof DriverFailure;
    const chats = byChat(work.sends);
    if ((isBusy || isBroken) && chats.length > 1) return writeChatByChat(context, state, work, chats);
    if (isBusy) return busyAll(work.sends);
    if (isBroken) return failAll(work.sends, new AppError('internal', { cause: error }));
    if (error instanceof AppError) return failAll(work.sends, error);
    throw error;
  }
}

/** Each costs the wait for a lock: where the second is met, what is left of the batch is taken for busy. */
const MOST_STUCK = 2;

async function writeChatByChat(
  context: RepositoryContext,
  state: AppendState,
  work: BatchWork,
  chats: readonly (readonly Send[])[],
): Promise<ReadonlyMap<Send, Fate>> {
  const fates = new Map<Send, Fate>();
  let stuck = 0;
  for (const sends of chats) {
    const began = context.clock.monotonic();
    const written = stuck < MOST_STUCK ? await writeChat(context, state, { ...work, sends }) : busyAll(sends);
    for (const [send, fate] of written) fates.set(send, fate);
    const isBusy = [...written.values()].some((fate) => fate.kind === 'busy');
    // A chat that is skipped because somebody has its lock costs nothing.
    if (isBusy && context.clock.monotonic() - began > STUCK_MS) stuck += 1;
  }
  return fates;
}

/** Half a second is no round trip any more, and well below the three seconds after which a lock is given up. */
const STUCK_MS = 500;

/** Never rejects: other chats of the batch are committed by now. */
async function writeChat(
  context: RepositoryContext,
  state: AppendState,
  work: BatchWork,
): Promise<ReadonlyMap<Send, Fate>> {
  try {
    return await writeRows(context, state, work);
  } catch (error) {
    return failAll(work.sends, new AppError('internal', { cause: error }));
  }
}

function byChat(sends: readonly Send[]): readonly (readonly Send[])[] {
  const chats = new Map<number, Send[]>();
  for (const send of sends) {
    const { chatId } = send.draft;
    const list = chats.get(chatId);
    if (list === undefined) chats.set(chatId, [send]);
    else list.push(send);
  }
  return [...chats.values()];
}

function busyAll(sends: readonly Send[]): ReadonlyMap<Send, Fate> {
  return new Map(sends.map((send) => [send, { kind: 'busy' }]));
}

function failAll(sends: readonly Send[], error: AppError): ReadonlyMap<Send, Fate> {
  return new Map(sends.map((send) => [send, { kind: 'failed', error }]));
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
