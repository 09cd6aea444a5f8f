import { ALLOWED, refuse, type Decision } from './decision.js';
import { mayAct, type ChatState, type Membership } from './rights.js';

interface MessageState {
  readonly senderId: number;
  readonly isDeleted: boolean;
  readonly version: number;
}

/** `isActive`: the sender's account is not disabled, as read under the chat's lock. */
export function maySend(chat: ChatState | null, actor: Membership, isActive: boolean): Decision {
  return isActive ? mayAct('send', chat, actor) : refuse('not_authenticated');
}

/** A message that is deleted, or in a chat the caller is not in, does not exist for them. */
export function mayReadMessage(chat: ChatState | null, actor: Membership, message: MessageState | null): Decision {
  const mayRead = message !== null && !message.isDeleted && mayAct('read', chat, actor).allowed;
  return mayRead ? ALLOWED : refuse('message_not_found');
}

export function mayEdit(
  chat: ChatState | null,
  actor: Membership,
  message: MessageState | null,
  expectedVersion: number | undefined,
): Decision {
  const readable = mayReadMessage(chat, actor, message);
  if (!readable.allowed) return readable;
  const edits = mayAct(isSender(actor, message) ? 'edit_own_message' : 'edit_other_message', chat, actor);
  if (!edits.allowed) return edits;
  if (expectedVersion !== undefined && expectedVersion !== message?.version) return refuse('version_conflict');
  return ALLOWED;
}

export function mayDelete(chat: ChatState | null, actor: Membership, message: MessageState | null): Decision {
  const readable = mayReadMessage(chat, actor, message);
  if (!readable.allowed) return readable;
  return mayAct(isSender(actor, message) ? 'delete_own_message' : 'delete_other_message', chat, actor);
}

function isSender(actor: Membership, message: MessageState | null): boolean {
  return actor !== null && actor.userId === message?.senderId;
}
