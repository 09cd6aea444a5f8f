import { randomUUID } from 'node:crypto';
import { eq } from 'drizzle-orm';
import type { Clock } from '../../ports/clock.js';
import type { Session, SqlDatabase } from './database.js';

/** The id of the only row. */
export const MAIN = 'main';

/** The epoch of this data, made by whichever process comes first. */
export async function ensureEpoch(sql: SqlDatabase, clock: Clock): Promise<string> {
  const { dataSet } = sql.tables;
  const find = (session: Session): Promise<string | null> => findEpoch(session, sql);
  const known = await sql.read(find);
  if (known !== null) return known;
  return sql.transaction(async (tx) => {
    const row = { id: MAIN, epoch: randomUUID(), createdAt: new Date(clock.now()) };
    // Where another process was first, its row stays as it is.
    await tx.upsert(dataSet, row, [dataSet.id], { id: MAIN });
    return (await find(tx)) ?? row.epoch;
  });
}

/** The same for those who change nothing. */
export async function knownEpoch(sql: SqlDatabase): Promise<string> {
  const epoch = await sql.read((session) => findEpoch(session, sql));
  if (epoch === null) throw new Error('The database holds no data yet: no server was ever started on it');
  return epoch;
}

async function findEpoch({ db }: Session, { tables: { dataSet } }: SqlDatabase): Promise<string | null> {
  const [row] = await db.select({ epoch: dataSet.epoch }).from(dataSet).where(eq(dataSet.id, MAIN));
  return row?.epoch ?? null;
}
