import { participantUpdated } from '../../../domain/events.js';
import { and, eq } from 'drizzle-orm';
import type { Participant } from '../../../domain/chat.js';
import { maySetAdmin } from '../../../domain/policies/chat-policy.js';
import { enforce } from '../../../domain/policies/decision.js';
import type { Change } from '../../../ports/chat-store.js';
import { changeChat, unchanged } from '../ground/change.js';
import type { RepositoryContext } from '../ground/context.js';
import { participantTrace } from '../ground/proof.js';
import { membershipOf, toChat, toParticipant } from '../ground/chat-rows.js';

/** Gives or takes admin rights; the right that is already so changes nothing. */
export async function setAdmin(
  context: RepositoryContext,
  chatId: number,
  actorId: number,
  userId: number,
  isAdmin: boolean,
): Promise<Change<Participant>> {
  const { chats, chatParticipants } = context.sql.tables;
  return changeChat(context, chatId, async ({ tx, chat, members, now }) => {
    const admins = members.filter((member) => member.participant.isAdmin).length;
    const actor = membershipOf(members, actorId);
    const state = chat === null ? null : toChat(chat);
    enforce(maySetAdmin(state, actor, membershipOf(members, userId), isAdmin, admins));
    const target = members.find((member) => member.participant.userId === userId);
    if (chat === null || target === undefined) throw new TypeError('who may be given rights is in the chat');
    if (target.participant.isAdmin === isAdmin) return unchanged(toParticipant(target));
    const rev = chat.rev + 1;
    await tx.db
      .update(chatParticipants)
      .set({ isAdmin, rev, changedBy: actorId })
      .where(and(eq(chatParticipants.chatId, chatId), eq(chatParticipants.userId, userId)));
    await tx.db.update(chats).set({ rev, membersRev: rev }).where(eq(chats.id, chatId));
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
