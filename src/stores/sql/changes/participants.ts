import { and, asc, eq, gt, max } from 'drizzle-orm';
import { participantUpdated, type DurableEvent } from '../../../domain/events.js';
import { LIMITS } from '../../../protocol/limits.js';
import { toParticipant, userColumns, type ParticipantWithUser } from '../ground/chat-rows.js';
import type { ChatHead } from './head.js';
import { withoutContents, type ChangedObject, type RevisedKind } from './kind.js';

interface ChangedParticipant extends ChangedObject {
  readonly member: ParticipantWithUser;
}

/** Who is or was in the chat. It begins with all its founders under one rev; beyond them each change has its own. */
export const participants: RevisedKind<ChatHead> = {
  lastRev: ({ membersRev }) => membersRev,
  together: LIMITS.groupMembers,

  async highestRev(session, { tables: { chatParticipants } }, chatId) {
    const [row] = await session.db
      .select({ rev: max(chatParticipants.rev) })
      .from(chatParticipants)
      .where(eq(chatParticipants.chatId, chatId));
    return row?.rev ?? 0;
  },

  async find(session, { tables }, { chatId }, { since, after = since, limit }) {
    const { chatParticipants, users } = tables;
    const members = await session.db
      .select({ participant: chatParticipants, user: userColumns(tables) })
      .from(chatParticipants)
      .innerJoin(users, eq(users.id, chatParticipants.userId))
      .where(and(eq(chatParticipants.chatId, chatId), gt(chatParticipants.rev, after)))
      .orderBy(asc(chatParticipants.rev), asc(chatParticipants.userId))
      .limit(limit);
    const changed = members.map((member) => ({
      type: typeOf(member, since),
      rev: member.participant.rev,
      seq: 0,
      member,
    }));
    return withoutContents(changed, (one, { clock }) => toEvent(one, new Date(clock.now())));
  },
};

function typeOf({ participant: { leftAt, joinedRev } }: ParticipantWithUser, since: number): DurableEvent['type'] {
  if (leftAt !== null) return 'participant_removed';
  return joinedRev > since ? 'participant_added' : 'participant_updated';
}

/** Only coming and going leave their moment in the row; rights are told with the moment of the read. */
function toEvent({ type, member }: ChangedParticipant, now: Date): DurableEvent {
  const { chatId, rev, userId, leftAt, joinedAt, changedBy: by } = member.participant;
  if (leftAt !== null) return { type: 'participant_removed', chatId, rev, at: leftAt, userId, by };
  const participant = toParticipant(member);
  return type === 'participant_added'
    ? { type, chatId, rev, at: joinedAt, participant, by }
    : participantUpdated({ chatId, rev, at: now, participant, by });
}
