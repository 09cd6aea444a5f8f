import { and, eq, isNull } from 'drizzle-orm';
import type { ChatView } from '../../../domain/chat.js';
import { mayRead } from '../../../domain/policies/chat-policy.js';
import { enforce } from '../../../domain/policies/decision.js';
import type { ChatStore } from '../../../ports/chat-store.js';
import type { RepositoryContext } from './context.js';
import { chatWithMembers } from './members.js';
import { membershipOf, toChat, toParticipant, toView, userColumns } from './rows.js';

/** One statement: chat and participants are of one moment without a snapshot. */
export async function viewChat({ sql }: RepositoryContext, chatId: number, userId: number): Promise<ChatView> {
  const found = await sql.read((session) => chatWithMembers(session, sql.tables, chatId));
  enforce(mayRead(found === null ? null : toChat(found.chat), membershipOf(found?.members ?? [], userId)));
  // The policy refuses where nothing was found.
  if (found === null) throw new TypeError('a chat that may be read exists');
  return toView(found.chat, found.members);
}

export async function findMembership(
  { sql }: RepositoryContext,
  chatId: number,
  userId: number,
): ReturnType<ChatStore['membership']> {
  const { chats, chatParticipants, users } = sql.tables;
  const [row] = await sql.read((session) =>
    session.db
      .select({
        participant: chatParticipants,
        user: userColumns(sql.tables),
        rev: chats.rev,
        lastSeq: chats.lastSeq,
      })
      .from(chatParticipants)
      .innerJoin(chats, and(eq(chats.id, chatParticipants.chatId), eq(chats.isActive, true)))
      .innerJoin(users, eq(users.id, chatParticipants.userId))
      .where(
        and(eq(chatParticipants.chatId, chatId), eq(chatParticipants.userId, userId), isNull(chatParticipants.leftAt)),
      ),
  );
  return row === undefined ? null : { participant: toParticipant(row), rev: row.rev, lastSeq: row.lastSeq };
}
