import { randomUUID } from 'node:crypto';
import { and, asc, eq, gt, inArray, max } from 'drizzle-orm';
import type { Inspection, NamedBody } from '../../../ports/inspection.js';
import { lockChat } from '../ground/change.js';
import { MAIN } from '../data-set.js';
import type { SqlDatabase } from '../database.js';
import { countRevs } from '../changes/kinds.js';
import { participants } from '../changes/participants.js';
import { countMessages } from './count-messages.js';
import { inspectChats } from './inspect-chats.js';

/** The inspector's view of the metadata, over either SQL dialect. */
export function createInspection(sql: SqlDatabase): Inspection {
  const { chats, dataSet, leases, messageMetadata } = sql.tables;
  const named = {
    id: messageMetadata.id,
    chatId: messageMetadata.chatId,
    seq: messageMetadata.seq,
    bodyId: messageMetadata.bodyId,
  };
  const visible = eq(messageMetadata.isDeleted, false);

  async function stillNamed(chatId: number, rows: readonly NamedBody[]): Promise<readonly NamedBody[]> {
    const ids = rows.map((row) => row.id);
    const present = await sql.transaction(async (tx) => {
      await lockChat(tx, sql.tables, chatId);
      return tx.db
        .select(named)
        .from(messageMetadata)
        .where(and(inArray(messageMetadata.id, ids), visible));
    });
    const now = new Map(present.map((row) => [row.id, Buffer.from(row.bodyId)]));
    return rows.filter((row) => now.get(row.id)?.equals(row.bodyId) === true);
  }

  return {
    async highest() {
      const [chat] = await sql.read(({ db }) => db.select({ id: max(chats.id) }).from(chats));
      const [message] = await sql.read(({ db }) => db.select({ id: max(messageMetadata.id) }).from(messageMetadata));
      return { chatId: chat?.id ?? 0, messageId: message?.id ?? 0 };
    },
    chats: (afterId, limit) => inspectChats(sql, afterId, limit),
    rows: (afterId, limit) =>
      sql.read(({ db }) =>
        db
          .select(named)
          .from(messageMetadata)
          .where(and(gt(messageMetadata.id, afterId), visible))
          .orderBy(asc(messageMetadata.id))
          .limit(limit),
      ),
    stillNamed,
    async recount(chatId) {
      await sql.transaction(async (tx) => {
        const chat = await lockChat(tx, sql.tables, chatId);
        if (chat === null) return;
        const counted = await countMessages(tx, chatId);
        const { highest } = await countRevs(tx, sql, { ...chat, chatId });
        const rev = Math.max(chat.rev, chat.membersRev, highest);
        const membersRev = Math.max(chat.membersRev, await participants.highestRev(tx, sql, chatId));
        await tx.db
          .update(chats)
          .set({
            lastSeq: Math.max(chat.lastSeq, counted.lastSeq),
            rev,
            membersRev,
            // A rev of nobody becomes the fields': who reads on is told of them, and has seen everything.
            ...(rev > highest ? { changedRev: rev } : {}),
            visibleCount: counted.visibleCount,
            lastVisibleSeq: counted.lastVisibleSeq,
          })
          .where(eq(chats.id, chatId));
      });
    },
    async renewEpoch() {
      const epoch = randomUUID();
      await sql.transaction(async (tx) => {
        await tx.db
          .update(dataSet)
          .set({ epoch, createdAt: await tx.now() })
          .where(eq(dataSet.id, MAIN));
        // The dump was made while the backup's lease was held; nobody is there to give the restored one up.
        await tx.db.delete(leases);
      });
      return epoch;
    },
  };
}
