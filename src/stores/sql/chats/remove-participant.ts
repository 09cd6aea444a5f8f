import { and, eq } from 'drizzle-orm';
import { mayRead, mayRemoveParticipant } from '../../../domain/policies/chat-policy.js';
import { enforce } from '../../../domain/policies/decision.js';
import { participantUpdated, type DurableEvent } from '../../../domain/events.js';
import type { Change } from '../../../ports/chat-store.js';
import { changeChat, type LockedChat, type Planned } from '../ground/change.js';
import type { RepositoryContext } from '../ground/context.js';
import { isSameMoment, participantTrace } from '../ground/proof.js';
import {
  membershipOf,
  toChat,
  toParticipant,
  type ChatRow,
  type Member,
  type ParticipantRow,
} from '../ground/chat-rows.js';

/** Removing, leaving, and with it succession and the end of a group; leaving a direct chat hides it. */
export async function removeParticipant(
  context: RepositoryContext,
  chatId: number,
  actorId: number,
  userId: number,
  mode: 'remove' | 'leave',
): Promise<Change<null>> {
  return changeChat(context, chatId, async (locked): Promise<Planned<null>> => {
    const { chat, members } = locked;
    const state = chat === null ? null : toChat(chat);
    const actor = membershipOf(members, actorId);
    if (mode === 'leave' && state?.type === 'direct') {
      enforce(mayRead(state, actor));
      const hiddenSeq = state.lastSeq;
      await setParticipant(locked, context, userId, { hiddenSeq });
      return {
        result: null,
        events: [],
        proof: {
          traces: [],
          achieved: ({ participants }) =>
            (participants.get(userId)?.hiddenSeq ?? -1) >= hiddenSeq ? { result: null } : null,
        },
      };
    }
    enforce(mayRemoveParticipant(state, actor, membershipOf(members, userId), userId));
    if (chat === null) throw new TypeError('a chat that may be left exists');
    return depart(locked, context, chat, actorId, userId);
  });
}

async function depart(
  locked: LockedChat,
  context: RepositoryContext,
  chat: ChatRow,
  actorId: number,
  userId: number,
): Promise<Planned<null>> {
  const { tx, members, now } = locked;
  const removal = chat.rev + 1;
  const rest = members.filter((member) => member.participant.userId !== userId);
  const events: DurableEvent[] = [
    { type: 'participant_removed', chatId: chat.id, rev: removal, at: now, userId, by: actorId },
  ];
  await setParticipant(locked, context, userId, { leftAt: now, isAdmin: false, rev: removal, changedBy: actorId });
  const traces = [participantTrace(userId, removal, (row) => isSameMoment(row.leftAt, now))];
  const heir = successor(rest);
  if (heir !== null) {
    const promoted = { ...heir.participant, isAdmin: true, rev: removal + 1 };
    await setParticipant(locked, context, promoted.userId, { isAdmin: true, rev: promoted.rev, changedBy: actorId });
    const participant = toParticipant({ participant: promoted, user: heir.user });
    events.push(participantUpdated({ chatId: chat.id, rev: promoted.rev, at: now, participant, by: actorId }));
    traces.push(participantTrace(promoted.userId, promoted.rev, (row) => row.leftAt === null && row.isAdmin));
  }
  const rev = chat.rev + events.length;
  const ending = rest.length === 0 ? { isActive: false, changedRev: rev } : {};
  const { chats } = context.sql.tables;
  await tx.db
    .update(chats)
    .set({ rev, membersRev: rev, ...ending })
    .where(eq(chats.id, chat.id));
  return {
    result: null,
    events,
    proof: {
      traces,
      achieved: ({ participants }) => ((participants.get(userId)?.leftAt ?? null) === null ? null : { result: null }),
    },
  };
}

/** Who takes over when no admin is left: the one who has been in longest. `rest` is in that order. */
function successor(rest: readonly Member[]): Member | null {
  return rest.some((member) => member.participant.isAdmin) ? null : (rest[0] ?? null);
}

async function setParticipant(
  { tx, chat }: LockedChat,
  { sql }: RepositoryContext,
  userId: number,
  change: Partial<ParticipantRow>,
): Promise<void> {
  if (chat === null) return;
  const { chatParticipants } = sql.tables;
  await tx.db
    .update(chatParticipants)
    .set(change)
    .where(and(eq(chatParticipants.chatId, chat.id), eq(chatParticipants.userId, userId)));
}
