import { and, eq } from 'drizzle-orm';
import type { Statement } from '../database.js';
import { chatPlaces, lockChat } from '../ground/change.js';
import type { RepositoryContext } from '../ground/context.js';
import type { ParticipantRow } from '../ground/chat-rows.js';
import { settledAttempt } from '../ground/settle.js';

/**
 * Changes a participant's own marks, which take no rev, by one statement and without the chat's lock: nobody who sends
 * waits for it, and a process that stops meanwhile holds nothing that others would wait for. The statement can be repeated
 * without harm, so when its answer is lost, `isDone` looks at the row, and only then behind the chat's lock.
 * Resolves to whether a row was changed.
 */
export async function changeOwnRow(
  context: RepositoryContext,
  chatId: number,
  userId: number,
  statement: Statement,
  isDone: (row: ParticipantRow) => boolean,
): Promise<boolean> {
  const { sql } = context;
  const { chatParticipants } = sql.tables;
  const places = chatPlaces(context);
  return settledAttempt<true, boolean>(
    sql,
    async (plan) => {
      plan({ value: true });
      await places.beforeCommit();
      return (await sql.write(statement)) > 0;
    },
    async (tx) => {
      await lockChat(tx, sql.tables, chatId);
      const own = and(eq(chatParticipants.chatId, chatId), eq(chatParticipants.userId, userId));
      const [row] = await tx.lock(tx.db.select().from(chatParticipants).where(own));
      return row !== undefined && isDone(row) ? { instead: true } : 'absent';
    },
    places,
  );
}
