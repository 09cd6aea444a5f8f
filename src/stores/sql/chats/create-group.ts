import { eq } from 'drizzle-orm';
import type { ChatView } from '../../../domain/chat.js';
import { mayHoldParticipants } from '../../../domain/policies/chat-policy.js';
import { enforce } from '../../../domain/policies/decision.js';
import type { ChatStore } from '../../../ports/chat-store.js';
import type { User } from '../../../domain/user.js';
import { chatPlaces, lockChat } from '../ground/change.js';
import type { RepositoryContext } from '../ground/context.js';
import { activeUsers } from '../ground/members.js';
import { byStanding, toView, type ChatRow, type ParticipantRow } from '../ground/chat-rows.js';
import { isSameMoment, judgeTraces, participantTrace, type Trace } from '../ground/proof.js';
import { settled, type Verdict } from '../ground/settle.js';
import type { Session } from '../database.js';

/** What is new in a chat's row; creation is its first durable change, so a reader from rev 0 sees all of it. */
export const FIRST_REV = 1;

/** Everyone joins at once, with the creation; only the creator is admin. */
export async function createGroup(
  context: RepositoryContext,
  draft: Parameters<ChatStore['createGroup']>[0],
): Promise<ChatView> {
  const memberIds = [...new Set([draft.creatorId, ...draft.memberIds])];
  enforce(mayHoldParticipants(memberIds.length));
  const { sql } = context;
  return settled(
    sql,
    async (tx) => {
      const users = await activeUsers(tx, sql.tables, memberIds);
      const base = { name: draft.name, chatType: 'group' as const, directKey: null };
      return insertChat(tx, context, base, users, draft.creatorId, (userId) => userId === draft.creatorId);
    },
    (tx, view) => wasCreated(tx, context, view),
    chatPlaces(context),
  );
}

/** Inserts a chat with its participants; their order is the one of every later view. */
export async function insertChat(
  tx: Session,
  { sql: { tables } }: RepositoryContext,
  base: Pick<ChatRow, 'name' | 'chatType' | 'directKey'>,
  users: ReadonlyMap<number, User>,
  creatorId: number,
  isAdmin: (userId: number) => boolean,
): Promise<ChatView> {
  const now = await tx.now();
  const row = {
    ...base,
    createdAt: now,
    updatedAt: now,
    isActive: true,
    lastSeq: 0,
    rev: FIRST_REV,
    changedRev: FIRST_REV,
    membersRev: FIRST_REV,
    visibleCount: 0,
    lastVisibleSeq: 0,
  };
  const [id] = tx.insertIds(await tx.db.insert(tables.chats).values(row), 1);
  if (id === undefined) throw new TypeError('an inserted row has an id');
  const members = [...users.values()].map((user) => ({
    user,
    participant: founder(id, user.id, creatorId, isAdmin, now),
  }));
  await tx.db.insert(tables.chatParticipants).values(members.map((member) => member.participant));
  return toView({ ...row, id }, members.sort(byStanding));
}

function founder(
  chatId: number,
  userId: number,
  creatorId: number,
  isAdmin: (userId: number) => boolean,
  now: Date,
): ParticipantRow {
  return {
    chatId,
    userId,
    joinedAt: now,
    isAdmin: isAdmin(userId),
    leftAt: null,
    lastReadSeq: 0,
    hiddenSeq: null,
    rev: FIRST_REV,
    joinedRev: FIRST_REV,
    changedBy: creatorId,
  };
}

/**
 * A number that the database gave to a lost insert may be given again, so everything that was written has to agree: the
 * chat with its moment of creation, and every founder. What was changed since shows nothing any more.
 */
export async function wasCreated(
  tx: Session,
  { sql: { tables } }: RepositoryContext,
  { chat, participants }: ChatView,
): Promise<Verdict> {
  const row = await lockChat(tx, tables, chat.id);
  if (row === null || !isSameMoment(row.createdAt, chat.createdAt) || row.chatType !== chat.type) return 'absent';
  const rows = await tx.db.select().from(tables.chatParticipants).where(eq(tables.chatParticipants.chatId, chat.id));
  const found = { chat: row, participants: new Map(rows.map((one) => [one.userId, one])), members: [] };
  const named: Trace = {
    rev: FIRST_REV,
    revIn: () => row.changedRev,
    isOurs: () => row.name === chat.name,
  };
  const founders = participants.map((founder) =>
    participantTrace(
      founder.userId,
      FIRST_REV,
      (one) => isSameMoment(one.joinedAt, founder.joinedAt) && one.isAdmin === founder.isAdmin && one.leftAt === null,
    ),
  );
  return judgeTraces({ traces: [named, ...founders] }, found);
}
