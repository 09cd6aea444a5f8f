import type { Chat, ChatView, Participant } from '../../../domain/chat.js';
import type { Membership } from '../../../domain/policies/rights.js';
import type { User } from '../../../domain/user.js';
import type { Tables } from '../tables.js';

export type ChatRow = Tables['chats']['$inferSelect'];
export type ParticipantRow = Tables['chatParticipants']['$inferSelect'];

/** A participant's row with the account behind it. */
export interface ParticipantWithUser {
  readonly participant: ParticipantRow;
  readonly user: User;
}

export function toChat(row: ChatRow): Chat {
  return {
    id: row.id,
    name: row.name,
    type: row.chatType,
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
    isActive: row.isActive,
    lastSeq: row.lastSeq,
    rev: row.rev,
  };
}

export function toParticipant({ participant, user }: ParticipantWithUser): Participant {
  return {
    chatId: participant.chatId,
    userId: participant.userId,
    username: user.username,
    fullName: user.fullName,
    joinedAt: participant.joinedAt,
    isAdmin: participant.isAdmin,
    leftAt: participant.leftAt,
    lastReadSeq: participant.lastReadSeq,
    hiddenSeq: participant.hiddenSeq,
    rev: participant.rev,
  };
}

/** `members` in the order of the view: joined first. */
export function toView(chat: ChatRow, members: readonly ParticipantWithUser[]): ChatView {
  return { chat: toChat(chat), participants: members.map(toParticipant), users: members.map((member) => member.user) };
}

/** What the policies ask of a user, given a chat's active members. */
export function membershipOf(members: readonly ParticipantWithUser[], userId: number): Membership {
  const member = members.find((candidate) => candidate.participant.userId === userId);
  return member === undefined ? null : { userId, isAdmin: member.participant.isAdmin };
}

/** The order of a view, and of succession: who has been in longest comes first. */
export function byStanding(a: ParticipantWithUser, b: ParticipantWithUser): number {
  return (
    a.participant.joinedAt.getTime() - b.participant.joinedAt.getTime() || a.participant.userId - b.participant.userId
  );
}

/** The columns of an account that leave the store: never the password. */
export function userColumns(tables: Tables) {
  const { id, username, email, fullName, isActive, createdAt, lastSeen } = tables.users;
  return { id, username, email, fullName, isActive, createdAt, lastSeen };
}
