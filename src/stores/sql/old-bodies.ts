import { and, asc, count, inArray, isNull, lte, min } from 'drizzle-orm';
import type { OldBodyStore } from '../../ports/old-body-store.js';
import type { SqlDatabase } from './database.js';

/** The file of bodies that no row names any more, over either SQL dialect. */
export function createOldBodyStore(sql: SqlDatabase): OldBodyStore {
  const { oldBodies } = sql.tables;
  const dueAt = (now: Date) => and(isNull(oldBodies.erasedAt), lte(oldBodies.dueAt, now));
  return {
    now: () => sql.read((session) => session.now()),
    due: (now, limit) =>
      sql.read(({ db }) =>
        db
          .select({
            bodyId: oldBodies.bodyId,
            chatId: oldBodies.chatId,
            reason: oldBodies.reason,
            dueAt: oldBodies.dueAt,
          })
          .from(oldBodies)
          .where(dueAt(now))
          .orderBy(asc(oldBodies.dueAt))
          .limit(limit),
      ),
    async markErased(bodyIds, at) {
      if (bodyIds.length === 0) return;
      await sql.transaction((tx) =>
        tx.db
          .update(oldBodies)
          .set({ erasedAt: at })
          .where(and(isNull(oldBodies.erasedAt), inArray(oldBodies.bodyId, [...bodyIds]))),
      );
    },
    async backlog(now) {
      const [row] = await sql.read(({ db }) =>
        db
          .select({ count: count(), oldestDueAt: min(oldBodies.dueAt) })
          .from(oldBodies)
          .where(dueAt(now)),
      );
      return { count: row?.count ?? 0, oldestDueAt: row?.oldestDueAt ?? null };
    },
  };
}
