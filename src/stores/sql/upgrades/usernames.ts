import { and, asc, count, eq, gt, gte, lt } from 'drizzle-orm';
import { OWN_KEY, ownUsernameKey } from '../../../domain/user-keys.js';
import type { Session, SqlDatabase } from '../database.js';
import { addGrams, fullNameColumns, gramsOfNames, usernameColumns, type Gram } from '../users/names.js';
import { runUpgrade, type UpgradeDeps } from './run.js';

/** Accounts of one transaction: 7,000 rows of user_pairs, which MariaDB takes a fifth of a second for. */
const SLICE = 200;
/** Accounts that the log names. */
const NAMED = 20;

/**
 * Gives every account the keys that this build makes of its names, and its rows in user_pairs. Of accounts whose keys meet
 * the oldest has the key; the others get one of their own and log in by their own spelling, as before. Says at every start
 * which these are, because they look like somebody else.
 */
export async function upgradeUsernames(sql: SqlDatabase, deps: UpgradeDeps, slice = SLICE): Promise<void> {
  await runUpgrade(sql, { name: 'username_keys_2', slice: (tx, after) => upgradeSlice(sql, tx, after, slice) }, deps);
  await tellLookAlikes(sql, deps);
}

type UserRow = SqlDatabase['tables']['users']['$inferSelect'];

async function upgradeSlice(sql: SqlDatabase, tx: Session, after: number, most: number): Promise<number | null> {
  const { users } = sql.tables;
  const rows = await tx.lock(tx.db.select().from(users).where(gt(users.id, after)).orderBy(asc(users.id)).limit(most));
  const grams: Gram[] = [];
  for (const row of rows) {
    const { usernameKey, usernameSearch } = usernameColumns(row.username);
    const { fullNameSearch } = fullNameColumns(row.fullName);
    if (usernameSearch !== row.usernameSearch || fullNameSearch !== row.fullNameSearch) {
      await tx.db.update(users).set({ usernameSearch, fullNameSearch }).where(eq(users.id, row.id));
    }
    if (usernameKey !== row.usernameKey) await takeKey(sql, tx, row, usernameKey);
    for (const gram of gramsOfNames(usernameSearch, fullNameSearch)) grams.push([gram, row.id]);
  }
  await addGrams(tx, sql.words, grams);
  return rows.at(-1)?.id ?? null;
}

/** Accounts come in the order of their ids: whoever holds the key has it by right, or is younger and still to come. */
async function takeKey(sql: SqlDatabase, tx: Session, row: UserRow, wanted: string): Promise<void> {
  const { users } = sql.tables;
  const setKey = (id: number, usernameKey: string) => tx.db.update(users).set({ usernameKey }).where(eq(users.id, id));
  const { id, username } = users;
  const [holder] = await tx.lock(tx.db.select({ id, username }).from(users).where(eq(users.usernameKey, wanted)));
  if (holder !== undefined && holder.id < row.id) {
    await setKey(row.id, ownUsernameKey(row.username));
    return;
  }
  if (holder !== undefined) await setKey(holder.id, ownUsernameKey(holder.username));
  await setKey(row.id, wanted);
}

async function tellLookAlikes(sql: SqlDatabase, { logger }: UpgradeDeps): Promise<void> {
  const { id, username, usernameKey } = sql.tables.users;
  const next = String.fromCharCode(OWN_KEY.charCodeAt(0) + 1);
  const own = and(gte(usernameKey, OWN_KEY), lt(usernameKey, next));
  const { users } = sql.tables;
  const [counted] = await sql.read(({ db }) => db.select({ accounts: count() }).from(users).where(own));
  const accounts = counted?.accounts ?? 0;
  if (accounts === 0) return;
  const named = await sql.read(({ db }) =>
    db.select({ id, username }).from(users).where(own).orderBy(asc(id)).limit(NAMED),
  );
  const shown = named.map((user) => `${user.id} ${user.username}`);
  const more = accounts - named.length;
  logger.info(
    { accounts, users: more > 0 ? [...shown, `and ${more} more`] : shown },
    'accounts whose usernames look like those of older ones; each logs in by its own spelling',
  );
}
