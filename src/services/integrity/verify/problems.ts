import type { InspectedChat } from '../../../ports/inspection.js';

/**
 * Everything that `npm run verify` can find, in the order of its report. `repair`: what mends it without losing anything;
 * null where only a person can decide.
 */
export const PROBLEMS = {
  dangling_messages: { text: 'messages whose body is missing', repair: null },
  altered_bodies: { text: 'messages whose body does not match its hash', repair: null },
  seq_gaps: { text: 'messages missing between 1 and the last seq of their chat', repair: null },
  messages_without_sender: { text: 'messages whose sender has no account', repair: null },
  orphan_bodies: { text: 'bodies that no message names', repair: 'removed' },
  erased_bodies_present: { text: 'bodies of deleted messages that are still, or again, there', repair: 'removed' },
  malformed_bodies: { text: 'documents among the bodies that Parley did not write', repair: null },
  misnamed_bodies: { text: 'bodies of messages whose document names another message', repair: null },
  overdue_bodies: { text: 'deleted or superseded bodies that should have been erased', repair: 'erased' },
  revs_ahead: { text: 'chats with a rev of a message or participant above their own', repair: 'recounted' },
  revs_of_nobody: {
    text: 'chats whose rev is that of none of their messages, participants and fields',
    repair: 'recounted',
  },
  untold_revs: { text: 'kinds of changes in a chat that nobody who reads on is told of', repair: 'recounted' },
  last_seq_behind: { text: 'chats whose last_seq is below that of a message', repair: 'recounted' },
  visible_counts: { text: 'chats whose visible_count is wrong', repair: 'recounted' },
  last_visible_seqs: { text: 'chats whose last_visible_seq is wrong', repair: 'recounted' },
  participants_without_user: { text: 'participants without an account', repair: null },
  groups_without_participants: { text: 'active groups in which nobody is left', repair: null },
  groups_without_admin: { text: 'active groups without an admin', repair: null },
  direct_chats_without_pair: { text: 'direct chats without exactly two participants', repair: null },
} as const satisfies Record<string, { readonly text: string; readonly repair: string | null }>;

export type ProblemKind = keyof typeof PROBLEMS;

/** How many of which kind one chat has, from its row, its messages' rows and its participants. */
export function judgeChat(chat: InspectedChat): ReadonlyMap<ProblemKind, number> {
  const { row, counted, participants } = chat;
  const isGroup = chat.type === 'group';
  const isAbandoned = isGroup && chat.isActive && participants.active === 0;
  const found: readonly (readonly [ProblemKind, number])[] = [
    // Rows beyond the row's own last_seq belong to the chat as well.
    ['seq_gaps', Math.max(0, Math.max(row.lastSeq, counted.lastSeq) - counted.messages)],
    ['messages_without_sender', counted.withoutSender],
    ['revs_ahead', Number(Math.max(row.membersRev, counted.rev) > row.rev)],
    ['revs_of_nobody', Number(row.rev > counted.rev)],
    ['untold_revs', counted.untold],
    ['last_seq_behind', Number(counted.lastSeq > row.lastSeq)],
    ['visible_counts', Number(counted.visibleCount !== row.visibleCount)],
    ['last_visible_seqs', Number(counted.lastVisibleSeq !== row.lastVisibleSeq)],
    ['participants_without_user', participants.withoutUser],
    ['groups_without_participants', Number(isAbandoned)],
    ['groups_without_admin', Number(isGroup && chat.isActive && !isAbandoned && participants.admins === 0)],
    ['direct_chats_without_pair', Number(!isGroup && participants.active !== 2)],
  ];
  return new Map(found.filter(([, count]) => count > 0));
}
