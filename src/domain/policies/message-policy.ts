import type { Chat } from '../chat.js';
import { mayRead, type Membership } from './chat-policy.js';
import { ALLOWED, refuse, type Decision } from './decision.js';

type ChatState = Pick<Chat, 'type' | 'isActive'>;
interface MessageState {
  readonly senderId: number;
  readonly isDeleted: boolean;
  readonly version: number;
}

/** `isActive`: the sender's account is not disabled, as read under the chat's lock. */
export function maySend(chat: ChatState | null, actor: Membership, isActive: boolean): Decision {
  return isActive ? mayRead(chat, actor) : refuse('not_authenticated');
}

/** A message that is deleted, or in a chat the caller is not in, does not exist for them. */
export function mayReadMessage(chat: ChatState | null, actor: Membership, message: MessageState | null): Decision {
  if (message === null || message.isDeleted || !mayRead(chat, actor).allowed) return refuse('message_not_found');
  return ALLOWED;
}

export function mayEdit(
  chat: ChatState | null,
  actor: Membership,
  message: MessageState | null,
  expectedVersion: number | undefined,
): Decision {
  const readable = mayReadMessage(chat, actor, message);
  if (!readable.allowed) return readable;
  if (message?.senderId !== actor?.userId) return refuse('sender_required');
  if (expectedVersion !== undefined && expectedVersion !== message?.version) return refuse('version_conflict');
  return ALLOWED;
}

export function mayDelete(chat: ChatState | null, actor: Membership, message: MessageState | null): Decision {
  const readable = mayReadMessage(chat, actor, message);
  if (!readable.allowed) return readable;
  const isSender = message?.senderId === actor?.userId;
  const isGroupAdmin = chat?.type === 'group' && actor?.isAdmin === true;
  return isSender || isGroupAdmin ? ALLOWED : refuse('delete_forbidden');
}
