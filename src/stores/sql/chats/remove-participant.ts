import { and, eq } from 'drizzle-orm';
import type { Chat } from '../../../domain/chat.js';
import { isOver, leavingHides, successorOf } from '../../../domain/chat-rules.js';
import { participantUpdated, type DurableEvent } from '../../../domain/events.js';
import { mayRemoveParticipant } from '../../../domain/policies/chat-policy.js';
import { mayAct } from '../../../domain/policies/rights.js';
import type { Change } from '../../../ports/chat-store.js';
import { changeChat, type ChatNeed, type LockedChat, type PlannedChange } from '../ground/change.js';
import { membershipOf, toChat, toParticipant, type ParticipantRow } from '../ground/chat-rows.js';
import type { RepositoryContext } from '../ground/context.js';
import { isSameMoment, participantTrace } from '../ground/proof.js';

/** Removing, leaving, and with it succession and the end of a group; leaving a direct chat hides it. */
export async function removeParticipant(
  context: RepositoryContext,
  chatId: number,
  actorId: number,
  userId: number,
  mode: 'remove' | 'leave',
): Promise<Change<null>> {
  const isHiding = (chat: Pick<Chat, 'type'> | null): boolean =>
    mode === 'leave' && chat !== null && leavingHides(chat.type);
  const need: ChatNeed = {
    actorId,
    may: ({ chat, members, actor }) =>
      isHiding(chat)
        ? mayAct('leave', chat, actor)
        : mayRemoveParticipant(chat, actor, membershipOf(members, userId), userId),
    members: 'all',
  };
  return changeChat(context, chatId, need, (locked) =>
    isHiding(toChat(locked.chat)) ? hide(locked, context, userId) : depart(locked, context, actorId, userId),
  );
}

/** Until something newer is said there: state of one person, which takes no rev. */
async function hide(locked: LockedChat, context: RepositoryContext, userId: number): Promise<PlannedChange<null>> {
  const hiddenSeq = locked.chat.lastSeq;
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

async function depart(
  locked: LockedChat,
  context: RepositoryContext,
  actorId: number,
  userId: number,
): Promise<PlannedChange<null>> {
  const { chat, members, now, take } = locked;
  const removal = take();
  const rest = members.filter((member) => member.participant.userId !== userId);
  const events: DurableEvent[] = [
    { type: 'participant_removed', chatId: chat.id, rev: removal, at: now, userId, by: actorId },
  ];
  await setParticipant(locked, context, userId, { leftAt: now, isAdmin: false, rev: removal, changedBy: actorId });
  const traces = [participantTrace(userId, removal, (row) => isSameMoment(row.leftAt, now))];
  const successor = successorOf(rest.map(({ participant }) => participant));
  const heir = rest.find(({ participant }) => participant === successor);
  if (heir !== undefined) {
    const promoted = { ...heir.participant, isAdmin: true, rev: take() };
    await setParticipant(locked, context, promoted.userId, { isAdmin: true, rev: promoted.rev, changedBy: actorId });
    const participant = toParticipant({ participant: promoted, user: heir.user });
    events.push(participantUpdated({ chatId: chat.id, rev: promoted.rev, at: now, participant, by: actorId }));
    traces.push(participantTrace(promoted.userId, promoted.rev, (row) => row.leftAt === null && row.isAdmin));
  }
  return {
    result: null,
    events,
    row: isOver(rest) ? { isActive: false, changedRev: removal } : {},
    proof: {
      traces,
      achieved: ({ participants }) => ((participants.get(userId)?.leftAt ?? null) === null ? null : { result: null }),
    },
  };
}

async function setParticipant(
  { tx, chat }: LockedChat,
  { sql }: RepositoryContext,
  userId: number,
  change: Partial<ParticipantRow>,
): Promise<void> {
  const { chatParticipants } = sql.tables;
  await tx.db
    .update(chatParticipants)
    .set(change)
    .where(and(eq(chatParticipants.chatId, chat.id), eq(chatParticipants.userId, userId)));
}
