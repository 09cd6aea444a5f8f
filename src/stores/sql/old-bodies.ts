import { and, asc, count, inArray, isNull, lt, lte, min, sql as fragment } from 'drizzle-orm';
import type { FiledBody, OldBodyStore } from '../../ports/old-body-store.js';
import type { SqlDatabase } from './database.js';

const REASONS = ['superseded', 'deleted'] as const;

/** The file of bodies that no row names any more, over either SQL dialect. */
export function createOldBodyStore(sql: SqlDatabase): OldBodyStore {
  const { oldBodies, erasedCounts } = sql.tables;
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
    forget: (erasedBefore, limit) =>
      sql.transaction(async (tx) => {
        const found = await tx.lock(
          tx.db
            .select({ bodyId: oldBodies.bodyId, reason: oldBodies.reason })
            .from(oldBodies)
            .where(lt(oldBodies.erasedAt, erasedBefore))
            .orderBy(asc(oldBodies.erasedAt))
            .limit(limit),
        );
        if (found.length === 0) return 0;
        const ids = found.map(({ bodyId }) => bodyId);
        await tx.db.delete(oldBodies).where(inArray(oldBodies.bodyId, ids));
        for (const reason of REASONS) {
          const bodies = found.filter((entry) => entry.reason === reason).length;
          if (bodies === 0) continue;
          const sum = fragment`${erasedCounts.bodies} + ${bodies}`;
          await tx.upsert(erasedCounts, { reason, bodies }, [erasedCounts.reason], { bodies: sum });
        }
        return found.length;
      }),
    async forgotten() {
      const rows = await sql.read(({ db }) => db.select().from(erasedCounts));
      const of = (wanted: FiledBody['reason']): number => rows.find(({ reason }) => reason === wanted)?.bodies ?? 0;
      return { superseded: of('superseded'), deleted: of('deleted') };
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
