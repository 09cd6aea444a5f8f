import { AppError } from '../../domain/errors.js';
import type { Identity } from '../../domain/user.js';
import type { ChangeLog, ResyncReason } from '../../ports/change-log.js';
import type { ChatStore } from '../../ports/chat-store.js';
import type { ReadShare } from '../../ports/read-share.js';
import { LIMITS } from '../../protocol/limits.js';
import type { ChangesOfChat, ChangesOfChats, Services } from '../services.js';

interface Deps {
  readonly chats: Pick<ChatStore, 'membership'>;
  readonly changes: ChangeLog;
}

type Since = Parameters<Services['realtime']['changes']>[2];
type Vector = Parameters<Services['realtime']['changesOf']>[1];

/** One page of what changed in a chat; what cannot be continued is refused with what a client needs to start afresh. */
export async function changesOfChat(deps: Deps, actor: Identity, chatId: number, since: Since, share?: ReadShare) {
  const { changes } = deps;
  const { epoch } = changes;
  const answer =
    since.epoch === undefined || since.epoch === epoch
      ? await changes.page(chatId, actor.userId, since.sinceRev, since.limit, share)
      : await otherEpoch(deps, actor, chatId);
  if (answer.kind === 'page') return { epoch, ...answer.page };
  throw new AppError('resync_required', {
    detail: SENTENCES[answer.reason],
    members: { reason: answer.reason, rev: answer.rev, epoch },
  });
}

const SENTENCES: Readonly<Record<ResyncReason, string>> = {
  other_epoch: 'This rev is of another data set, read the chat afresh',
  future_rev: 'This rev is above the one of the chat, read the chat afresh',
  too_large: 'Too much has changed since this rev, read the chat afresh',
};

/**
 * Many chats at once, in the order of their ids. Their items share one limit, of objects and of bytes: a chat for which
 * nothing is left of it is answered with its state and `hasMore`.
 */
export async function changesOfChats(
  deps: Deps,
  actor: Identity,
  vector: Vector,
  share?: ReadShare,
): Promise<ChangesOfChats> {
  const { changes } = deps;
  const asked = [...vector.chats].sort(([a], [b]) => a - b);
  const answers =
    vector.epoch === undefined || vector.epoch === changes.epoch
      ? await changes.pages(actor.userId, asked, vector.limit, share)
      : await ofOtherEpoch(deps, actor, asked);
  const chats = new Map<number, ChangesOfChat>();
  const gone: number[] = [];
  for (const [chatId, answer] of answers) {
    if (answer === null) gone.push(chatId);
    else chats.set(chatId, answer);
  }
  return { epoch: changes.epoch, chats, gone, ...(await chatsBeside(changes, actor, vector)) };
}

async function ofOtherEpoch(
  deps: Deps,
  actor: Identity,
  asked: readonly (readonly [chatId: number, rev: number])[],
): Promise<ReadonlyMap<number, ChangesOfChat | null>> {
  // All in one turn of the loop, which is one statement.
  const answers = asked.map(async ([chatId]) => [chatId, await unlessGone(otherEpoch(deps, actor, chatId))] as const);
  return new Map(await Promise.all(answers));
}

async function otherEpoch({ chats }: Deps, actor: Identity, chatId: number): Promise<ChangesOfChat> {
  const membership = await chats.membership(chatId, actor.userId);
  if (membership === null) throw new AppError('chat_not_found');
  return { kind: 'resync', reason: 'other_epoch', rev: membership.rev };
}

async function unlessGone(answer: Promise<ChangesOfChat>): Promise<ChangesOfChat | null> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof AppError && error.code === 'chat_not_found') return null;
    throw error;
  }
}

/** The user's chats that the vector does not name. */
async function chatsBeside(
  changes: ChangeLog,
  actor: Identity,
  { chats, afterChatId }: Vector,
): Promise<Pick<ChangesOfChats, 'newChats' | 'hasMoreChats'>> {
  const found = await changes.chatsOf(actor.userId, afterChatId, LIMITS.changesChatsMax + chats.size + 1);
  const unnamed = found.filter(({ chatId }) => !chats.has(chatId));
  const newChats = unnamed.slice(0, LIMITS.changesChatsMax);
  return { newChats, hasMoreChats: unnamed.length > newChats.length };
}
