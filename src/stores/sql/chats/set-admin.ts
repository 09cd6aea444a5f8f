import { and, eq } from 'drizzle-orm';
import { participantUpdated } from '../../../domain/events.js';
import type { Participant } from '../../../domain/chat.js';
import { maySetAdmin } from '../../../domain/policies/chat-policy.js';
import type { Change } from '../../../ports/chat-store.js';
import { changeChat, unchanged, type ChatNeed } from '../ground/change.js';
import type { RepositoryContext } from '../ground/context.js';
import { participantTrace } from '../ground/proof.js';
import { membershipOf, toParticipant } from '../ground/chat-rows.js';

/** Gives or takes admin rights; the right that is already so changes nothing. */
export async function setAdmin(
  context: RepositoryContext,
  chatId: number,
  actorId: number,
  userId: number,
  isAdmin: boolean,
): Promise<Change<Participant>> {
  const { chatParticipants } = context.sql.tables;
  const need: ChatNeed = {
    actorId,
    may: ({ chat, members, actor }) => {
      const admins = members.filter((member) => member.participant.isAdmin).length;
      return maySetAdmin(chat, actor, membershipOf(members, userId), isAdmin, admins);
    },
    members: 'all',
  };
  return changeChat(context, chatId, need, async ({ tx, members, now, take }) => {
    const target = members.find((member) => member.participant.userId === userId);
    if (target === undefined) throw new TypeError('who may be given rights is in the chat');
    if (target.participant.isAdmin === isAdmin) return unchanged(toParticipant(target));
    const rev = take();
    await tx.db
      .update(chatParticipants)
      .set({ isAdmin, rev, changedBy: actorId })
      .where(and(eq(chatParticipants.chatId, chatId), eq(chatParticipants.userId, userId)));
    const participant = toParticipant({ participant: { ...target.participant, isAdmin, rev }, user: target.user });
    return {
      result: participant,
      events: [participantUpdated({ chatId, rev, at: now, participant, by: actorId })],
      proof: {
        traces: [participantTrace(userId, rev, (row) => row.leftAt === null && row.isAdmin === isAdmin)],
        achieved({ members }) {
          const present = members.find((member) => member.participant.userId === userId);
          const mayKnow = membershipOf(members, actorId) !== null;
          return mayKnow && present?.participant.isAdmin === isAdmin ? { result: toParticipant(present) } : null;
        },
      },
    };
  });
}
