import type { ErrorCode } from '../../protocol/error-codes.js';
import type { Chat } from '../chat.js';
import { ALLOWED, refuse, type Decision } from './decision.js';

/** What a participant is in a chat. */
export type Role = 'member' | 'admin';

/** What a policy needs to know of the one who asks; null = not an active participant. */
export type Membership = { readonly userId: number; readonly isAdmin: boolean } | null;

export type ChatState = Pick<Chat, 'type' | 'isActive'>;

/** Who may do one thing, by kind of chat, and what the others are told. */
export interface Right {
  readonly direct: readonly Role[];
  readonly group: readonly Role[];
  /** For who is in the chat and may not; their words where the registry's do not fit. */
  readonly refusal: { readonly code: ErrorCode; readonly detail?: string };
  /** Instead of it in a direct chat, where nobody may. */
  readonly groupOnly?: string;
}

const EVERYBODY: readonly Role[] = ['member', 'admin'];
const ADMINS: readonly Role[] = ['admin'];
const NOBODY: readonly Role[] = [];
const NEVER_REFUSED = { code: 'chat_not_found' } as const;

const GROUP_ONLY_UPDATE = 'Can only update group chats';

/** Role × action × kind of chat: the one table of who may do what. Who is not in the chat may nothing. */
export const RIGHTS = {
  read: { direct: EVERYBODY, group: EVERYBODY, refusal: NEVER_REFUSED },
  send: { direct: EVERYBODY, group: EVERYBODY, refusal: NEVER_REFUSED },
  leave: { direct: EVERYBODY, group: EVERYBODY, refusal: NEVER_REFUSED },
  rename: {
    direct: NOBODY,
    group: ADMINS,
    refusal: { code: 'admin_required', detail: 'Only admins can update chat details' },
    groupOnly: GROUP_ONLY_UPDATE,
  },
  add_participants: {
    direct: NOBODY,
    group: ADMINS,
    refusal: { code: 'admin_required', detail: 'Only admins can add participants' },
    groupOnly: 'Can only add participants to group chats',
  },
  remove_participant: {
    direct: NOBODY,
    group: ADMINS,
    refusal: { code: 'admin_required', detail: 'Only admins can remove participants' },
    groupOnly: 'Can only remove participants from group chats',
  },
  set_admin: {
    direct: NOBODY,
    group: ADMINS,
    refusal: { code: 'admin_required', detail: 'Only admins can change admin rights' },
    groupOnly: GROUP_ONLY_UPDATE,
  },
  edit_own_message: { direct: EVERYBODY, group: EVERYBODY, refusal: { code: 'sender_required' } },
  edit_other_message: { direct: NOBODY, group: NOBODY, refusal: { code: 'sender_required' } },
  delete_own_message: { direct: EVERYBODY, group: EVERYBODY, refusal: { code: 'delete_forbidden' } },
  delete_other_message: { direct: NOBODY, group: ADMINS, refusal: { code: 'delete_forbidden' } },
} as const satisfies Readonly<Record<string, Right>>;

export type ChatAction = keyof typeof RIGHTS;

export function roleOf({ isAdmin }: NonNullable<Membership>): Role {
  return isAdmin ? 'admin' : 'member';
}

/** A chat that the caller is not in answers exactly like one that does not exist. */
export function mayAct(action: ChatAction, chat: ChatState | null, actor: Membership): Decision {
  if (chat?.isActive !== true || actor === null) return refuse('chat_not_found');
  const right: Right = RIGHTS[action];
  if (right[chat.type].includes(roleOf(actor))) return ALLOWED;
  if (chat.type === 'direct' && right.groupOnly !== undefined) return refuse('group_only', right.groupOnly);
  return refuse(right.refusal.code, right.refusal.detail);
}
