import { LIMITS } from '../../protocol/limits.js';
import type { Chat } from '../chat.js';
import { ALLOWED, refuse, type Decision } from './decision.js';

/** What a policy needs to know of the one who asks; null = not an active participant. */
export type Membership = { readonly userId: number; readonly isAdmin: boolean } | null;
type ChatState = Pick<Chat, 'type' | 'isActive'>;

const GROUP_ONLY_UPDATE = 'Can only update group chats';
const GROUP_ONLY_ADD = 'Can only add participants to group chats';
const GROUP_ONLY_REMOVE = 'Can only remove participants from group chats';

/** A chat that the caller is not in answers exactly like one that does not exist. */
export function mayRead(chat: ChatState | null, actor: Membership): Decision {
  return chat?.isActive === true && actor !== null ? ALLOWED : refuse('chat_not_found');
}

function mayAdminister(chat: ChatState | null, actor: Membership, groupOnly: string, adminOnly: string): Decision {
  const readable = mayRead(chat, actor);
  if (!readable.allowed) return readable;
  if (chat?.type !== 'group') return refuse('group_only', groupOnly);
  return actor?.isAdmin === true ? ALLOWED : refuse('admin_required', adminOnly);
}

export function mayRename(chat: ChatState | null, actor: Membership): Decision {
  return mayAdminister(chat, actor, GROUP_ONLY_UPDATE, 'Only admins can update chat details');
}

export function mayAddParticipants(chat: ChatState | null, actor: Membership): Decision {
  return mayAdminister(chat, actor, GROUP_ONLY_ADD, 'Only admins can add participants');
}

/** Whether the group stays within its limit with `count` active participants. */
export function mayHoldParticipants(count: number): Decision {
  return count <= LIMITS.groupMembers ? ALLOWED : refuse('group_full');
}

/**
 * Removing oneself is leaving and needs no admin; `target` is the one to be removed, null when not in the chat.
 * Who is not in the chat is told so only after the caller's own right is established.
 */
export function mayRemoveParticipant(
  chat: ChatState | null,
  actor: Membership,
  target: Membership,
  targetUserId: number,
): Decision {
  const readable = mayRead(chat, actor);
  if (!readable.allowed) return readable;
  if (chat?.type !== 'group') return refuse('group_only', GROUP_ONLY_REMOVE);
  if (actor?.userId !== targetUserId && actor?.isAdmin !== true) {
    return refuse('admin_required', 'Only admins can remove participants');
  }
  return target === null ? refuse('participant_not_found') : ALLOWED;
}

/** `admins` counts the active admins before the change. */
export function maySetAdmin(
  chat: ChatState | null,
  actor: Membership,
  target: Membership,
  isAdmin: boolean,
  admins: number,
): Decision {
  const administers = mayAdminister(chat, actor, GROUP_ONLY_UPDATE, 'Only admins can change admin rights');
  if (!administers.allowed) return administers;
  if (target === null) return refuse('participant_not_found');
  if (!isAdmin && target.isAdmin && admins <= 1) return refuse('last_admin');
  return ALLOWED;
}
