import { AppError } from '../../domain/errors.js';
import type { Identity } from '../../domain/user.js';
import type { ChangeLog, ResyncReason } from '../../ports/change-log.js';
import type { ChatStore } from '../../ports/chat-store.js';
import { LIMITS } from '../../protocol/limits.js';
import type { ChangesOfChat, ChangesOfChats, Services } from '../services.js';

interface Deps {
  readonly chats: Pick<ChatStore, 'membership'>;
  readonly changes: ChangeLog;
}

type Since = Parameters<Services['realtime']['changes']>[2];
type Vector = Parameters<Services['realtime']['changesOf']>[1];

/** One page of what changed in a chat; what cannot be continued is refused with what a client needs to start afresh. */
export async function changesOfChat(deps: Deps, actor: Identity, chatId: number, since: Since) {
  const { epoch } = deps.changes;
  const answer = await readOn(deps, actor, chatId, since);
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
 * Many chats at once, in the order of their ids. Their items share one limit: a chat for which nothing is left of it is
 * answered with its state and `hasMore`.
 */
export async function changesOfChats(deps: Deps, actor: Identity, vector: Vector): Promise<ChangesOfChats> {
  const { changes } = deps;
  const answers = new Map<number, ChangesOfChat>();
  const gone: number[] = [];
  let left = vector.limit;
  for (const [chatId, sinceRev] of [...vector.chats].sort(([a], [b]) => a - b)) {
    const since = { sinceRev, epoch: vector.epoch, limit: left };
    const answer = await unlessGone(readOn(deps, actor, chatId, since));
    if (answer === null) gone.push(chatId);
    else answers.set(chatId, answer);
    if (answer?.kind === 'page') left = Math.max(0, left - answer.page.events.length);
  }
  return { epoch: changes.epoch, chats: answers, gone, ...(await chatsBeside(changes, actor, vector)) };
}

async function readOn({ chats, changes }: Deps, actor: Identity, chatId: number, since: Since): Promise<ChangesOfChat> {
  if (since.epoch === undefined || since.epoch === changes.epoch) {
    return changes.page(chatId, actor.userId, since.sinceRev, since.limit);
  }
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
