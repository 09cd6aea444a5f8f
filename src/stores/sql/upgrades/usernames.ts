import { asc, eq, gt } from 'drizzle-orm';
import type { Session, SqlDatabase } from '../database.js';
import { addGrams, fullNameColumns, gramsOfNames, usernameColumns, type Gram } from '../user-names.js';
import { runUpgrade, type UpgradeDeps } from './run.js';

/** Accounts of one transaction: 7,000 rows of user_pairs, which MariaDB takes a fifth of a second for. */
const SLICE = 200;

/** Accounts of before user_pairs get their rows there, and the search columns that this build would write. */
export async function upgradeUsernames(sql: SqlDatabase, deps: UpgradeDeps, slice = SLICE): Promise<void> {
  await runUpgrade(sql, { name: 'username_keys_2', slice: (tx, after) => upgradeSlice(sql, tx, after, slice) }, deps);
}

async function upgradeSlice(sql: SqlDatabase, tx: Session, after: number, most: number): Promise<number | null> {
  const { users } = sql.tables;
  const { id, username, usernameSearch, fullName, fullNameSearch } = users;
  const rows = await tx.lock(
    tx.db
      .select({ id, username, usernameSearch, fullName, fullNameSearch })
      .from(users)
      .where(gt(id, after))
      .orderBy(asc(id))
      .limit(most),
  );
  const grams: Gram[] = [];
  for (const row of rows) {
    const wanted = { usernameSearch: usernameColumns(row.username).usernameSearch, ...fullNameColumns(row.fullName) };
    if (wanted.usernameSearch !== row.usernameSearch || wanted.fullNameSearch !== row.fullNameSearch) {
      await tx.db.update(users).set(wanted).where(eq(id, row.id));
    }
    for (const gram of gramsOfNames(wanted.usernameSearch, wanted.fullNameSearch)) grams.push([gram, row.id]);
  }
  await addGrams(tx, sql.kind, grams);
  return rows.at(-1)?.id ?? null;
}
