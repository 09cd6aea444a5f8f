import { and, eq, inArray } from 'drizzle-orm';
import { asNewcomer } from '../../../domain/chat-rules.js';
import { mayHoldParticipants } from '../../../domain/policies/chat-policy.js';
import { enforce } from '../../../domain/policies/decision.js';
import { mayAct } from '../../../domain/policies/rights.js';
import type { Change } from '../../../ports/chat-store.js';
import { changeChat, unchanged, type ChatNeed, type LockedChat } from '../ground/change.js';
import type { RepositoryContext } from '../ground/context.js';
import { activeUsers } from '../ground/members.js';
import { isSameMoment, participantTrace } from '../ground/proof.js';
import { toParticipant, type ChatRow, type ParticipantRow } from '../ground/chat-rows.js';

/**
 * All or nothing. Everyone who is really added takes a rev and an event of their own. A rejoiner comes back as a
 * newcomer: without admin rights, having read everything so far.
 */
export async function addParticipants(
  context: RepositoryContext,
  chatId: number,
  actorId: number,
  userIds: readonly number[],
): Promise<Change<readonly number[]>> {
  const need: ChatNeed = {
    actorId,
    may: ({ chat, actor }) => mayAct('add_participants', chat, actor),
    members: 'all',
  };
  return changeChat(context, chatId, need, async (locked) => {
    const { tx, chat, members, now, take } = locked;
    const present = new Set(members.map((member) => member.participant.userId));
    const added = [...new Set(userIds)].filter((id) => !present.has(id));
    const users = await activeUsers(tx, context.sql.tables, added);
    enforce(mayHoldParticipants(members.length + added.length));
    if (added.length === 0) return unchanged<readonly number[]>([]);
    const rows = added.map((userId) => newcomer(chat, userId, take(), now, actorId));
    await storeParticipants(locked, context, chat.id, rows);
    return {
      result: added,
      events: rows.flatMap((participant) => {
        const user = users.get(participant.userId);
        if (user === undefined) return [];
        const added = toParticipant({ participant, user });
        return [
          {
            type: 'participant_added' as const,
            chatId,
            rev: participant.rev,
            at: now,
            participant: added,
            by: actorId,
          },
        ];
      }),
      proof: {
        traces: rows.map((added) =>
          participantTrace(added.userId, added.rev, (row) => row.leftAt === null && isSameMoment(row.joinedAt, now)),
        ),
        achieved: ({ participants }) =>
          added.every((userId) => participants.get(userId)?.leftAt === null) ? { result: [] } : null,
      },
    };
  });
}

function newcomer(chat: ChatRow, userId: number, rev: number, now: Date, actorId: number): ParticipantRow {
  return { chatId: chat.id, userId, joinedAt: now, ...asNewcomer(chat), rev, joinedRev: rev, changedBy: actorId };
}

async function storeParticipants(
  { tx }: LockedChat,
  context: RepositoryContext,
  chatId: number,
  rows: readonly ParticipantRow[],
): Promise<void> {
  const { chatParticipants } = context.sql.tables;
  const ids = rows.map((row) => row.userId);
  const here = and(eq(chatParticipants.chatId, chatId), inArray(chatParticipants.userId, ids));
  const known = await tx.db.select({ userId: chatParticipants.userId }).from(chatParticipants).where(here);
  const returning = new Set(known.map((row) => row.userId));
  const fresh = rows.filter((row) => !returning.has(row.userId));
  if (fresh.length > 0) await tx.db.insert(chatParticipants).values([...fresh]);
  for (const row of rows.filter((candidate) => returning.has(candidate.userId))) {
    await tx.db
      .update(chatParticipants)
      .set(row)
      .where(and(eq(chatParticipants.chatId, chatId), eq(chatParticipants.userId, row.userId)));
  }
}
