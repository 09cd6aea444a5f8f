import { and, eq } from 'drizzle-orm';
import type { LeaseName, Leases } from '../../ports/leases.js';
import type { SqlDatabase } from './database.js';
import { duplicateKey } from './errors.js';

/** Leases as rows, by the database's clock. */
export function createLeases(sql: SqlDatabase): Leases {
  const { leases } = sql.tables;

  async function tryAcquire(name: LeaseName, holder: string, ms: number): Promise<boolean> {
    return sql.transaction(async (tx) => {
      const [held] = await tx.lock(tx.db.select().from(leases).where(eq(leases.name, name)));
      const now = await tx.now();
      if (held !== undefined && held.holder !== holder && held.expiresAt > now) return false;
      const asked = now.getTime() + ms;
      // A holder that comes again extends: what it was promised before is never cut short.
      const promised = held?.holder === holder ? held.expiresAt.getTime() : 0;
      const expiresAt = new Date(Math.max(asked, promised));
      if (held === undefined) await tx.db.insert(leases).values({ name, holder, expiresAt });
      else await tx.db.update(leases).set({ holder, expiresAt }).where(eq(leases.name, name));
      return true;
    });
  }

  const holding: Leases['holding'] = (name) =>
    sql.read(async (session) => {
      const [held] = await session.db.select().from(leases).where(eq(leases.name, name));
      if (held === undefined || held.expiresAt <= (await session.now())) return null;
      return { holder: held.holder, until: held.expiresAt };
    });

  return {
    async acquire(name, holder, ms) {
      try {
        return await tryAcquire(name, holder, ms);
      } catch (error) {
        // No row can be locked before the first one exists: of two first holders, the second finds the other's row now.
        if (duplicateKey(error) === null) throw error;
        return tryAcquire(name, holder, ms);
      }
    },
    release: (name, holder) =>
      sql.transaction(async (tx) => {
        const mine = and(eq(leases.name, name), eq(leases.holder, holder));
        const [held] = await tx.lock(tx.db.select().from(leases).where(mine));
        if (held === undefined) return false;
        const wasInTime = held.expiresAt > (await tx.now());
        await tx.db.delete(leases).where(mine);
        return wasInTime;
      }),
    holding,
    heldUntil: async (name) => (await holding(name))?.until ?? null,
  };
}
