import { LIMITS } from '../../protocol/limits.js';
import { ALLOWED, refuse, type Decision } from './decision.js';
import { mayAct, type ChatState, type Membership } from './rights.js';

/** Whether the group stays within its limit with `count` active participants. */
export function mayHoldParticipants(count: number): Decision {
  return count <= LIMITS.groupMembers ? ALLOWED : refuse('group_full');
}

/**
 * Removing oneself from a group is leaving and needs no admin; `target` is the one to be removed, null when not in the chat.
 * Who is not in the chat is told so only after the caller's own right is established.
 */
export function mayRemoveParticipant(
  chat: ChatState | null,
  actor: Membership,
  target: Membership,
  targetUserId: number,
): Decision {
  const isLeaving = chat?.type === 'group' && actor?.userId === targetUserId;
  const decision = mayAct(isLeaving ? 'leave' : 'remove_participant', chat, actor);
  return decision.allowed ? mayBeNamed(target) : decision;
}

/** `admins` counts the active admins before the change. */
export function maySetAdmin(
  chat: ChatState | null,
  actor: Membership,
  target: Membership,
  isAdmin: boolean,
  admins: number,
): Decision {
  const administers = mayAct('set_admin', chat, actor);
  if (!administers.allowed) return administers;
  if (!isAdmin && target?.isAdmin === true && admins <= 1) return refuse('last_admin');
  return mayBeNamed(target);
}

function mayBeNamed(target: Membership): Decision {
  return target === null ? refuse('participant_not_found') : ALLOWED;
}
