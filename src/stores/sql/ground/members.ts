import { and, asc, eq, inArray, isNull } from 'drizzle-orm';
import { AppError } from '../../../domain/errors.js';
import type { User } from '../../../domain/user.js';
import type { Session } from '../database.js';
import type { Tables } from '../tables.js';
import { userColumns, type ChatRow, type ParticipantWithUser } from './chat-rows.js';

/** Active participants with their accounts, joined first; at most LIMITS.groupMembers. `only`: this one at most. */
export async function activeMembers(
  session: Session,
  tables: Tables,
  chatId: number,
  only: number | null = null,
): Promise<readonly ParticipantWithUser[]> {
  const { chatParticipants, users } = tables;
  const isThatOne = only === null ? undefined : eq(chatParticipants.userId, only);
  return session.db
    .select({ participant: chatParticipants, user: userColumns(tables) })
    .from(chatParticipants)
    .innerJoin(users, eq(users.id, chatParticipants.userId))
    .where(and(eq(chatParticipants.chatId, chatId), isNull(chatParticipants.leftAt), isThatOne))
    .orderBy(asc(chatParticipants.joinedAt), asc(chatParticipants.userId));
}

/** The chat and its active members in one statement, so that rev and rows are of one moment. Null: no such chat. */
export async function chatWithMembers(
  session: Session,
  tables: Tables,
  chatId: number,
): Promise<{ readonly chat: ChatRow; readonly members: readonly ParticipantWithUser[] } | null> {
  const { chats, chatParticipants, users } = tables;
  const rows = await session.db
    .select({ chat: chats, participant: chatParticipants, user: userColumns(tables) })
    .from(chats)
    .innerJoin(chatParticipants, and(eq(chatParticipants.chatId, chats.id), isNull(chatParticipants.leftAt)))
    .innerJoin(users, eq(users.id, chatParticipants.userId))
    .where(eq(chats.id, chatId))
    .orderBy(asc(chatParticipants.joinedAt), asc(chatParticipants.userId));
  const chat = rows[0]?.chat;
  return chat === undefined ? null : { chat, members: rows };
}

/** The accounts of `ids`; throws `unknown_participants` unless every one exists and is active. */
export async function activeUsers(
  session: Session,
  tables: Tables,
  ids: readonly number[],
): Promise<ReadonlyMap<number, User>> {
  if (ids.length === 0) return new Map();
  const { users } = tables;
  const found = await session.db
    .select(userColumns(tables))
    .from(users)
    .where(and(inArray(users.id, [...ids]), eq(users.isActive, true)));
  if (found.length !== new Set(ids).size) throw new AppError('unknown_participants');
  return new Map(found.map((user) => [user.id, user]));
}
