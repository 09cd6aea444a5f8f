import { eq } from 'drizzle-orm';
import type { Clock } from '../../../ports/clock.js';
import type { Logger } from '../../../ports/logger.js';
import type { Session, SqlDatabase } from '../database.js';

/** A change of data that goes through a whole table once, in slices of a transaction each. */
export interface Upgrade {
  /** Of its record in `progress`, for ever. */
  readonly name: string;
  /**
   * Brings the next rows after the id `after` up to date; answers the last id that is done, null where none are left. Runs
   * again from the start when its transaction is given up.
   */
  readonly slice: (tx: Session, after: number) => Promise<number | null>;
}

export interface UpgradeDeps {
  readonly clock: Clock;
  readonly logger: Logger;
}

/** How often a long one says where it is. */
const REPORT_MS = 5_000;

/**
 * Runs what is not finished yet, from where it stands. The record is written with the rows, so a process may be killed at
 * any point, and locked before them, so several processes take turns. A finished one costs one read.
 */
export async function runUpgrade(sql: SqlDatabase, upgrade: Upgrade, { clock, logger }: UpgradeDeps): Promise<void> {
  const { progress } = sql.tables;
  const { name } = upgrade;
  const record = { position: progress.position, finishedAt: progress.finishedAt };
  const find = ({ db }: Session) => db.select(record).from(progress).where(eq(progress.name, name));
  const [known] = await sql.read(async (session) => find(session));
  if (known !== undefined && known.finishedAt !== null) return;

  async function slice(tx: Session): Promise<number | null> {
    // Made first: where there is no row, nothing would be locked.
    await tx.upsert(progress, { name }, [progress.name], { name });
    const [found] = await tx.lock(find(tx));
    if (found === undefined || found.finishedAt !== null) return null;
    const position = await upgrade.slice(tx, found.position);
    const set = position === null ? { finishedAt: new Date(clock.now()) } : { position };
    await tx.db.update(progress).set(set).where(eq(progress.name, name));
    return position;
  }

  let told = clock.monotonic();
  let position: number | null = 0;
  while (position !== null) {
    position = await sql.transaction(slice);
    if (position === null || clock.monotonic() - told < REPORT_MS) continue;
    told = clock.monotonic();
    logger.info({ upgrade: name, position }, 'bringing stored data up to date');
  }
}
