import { and, desc, eq, inArray } from 'drizzle-orm';
import { emailKey, ownUsernameKey, usernameKey } from '../../../domain/user-keys.js';
import type { LoginUser } from '../../../ports/user-store.js';
import { userColumns } from '../ground/chat-rows.js';
import type { SqlDatabase } from '../database.js';

/** As many places as a person has: home, work, a telephone whose network changes, some journeys. */
const REMEMBERED = 16;

/** No network's name, which is a keyed hash. */
export const NOWHERE: Uint8Array = new Uint8Array(16);

export async function findByLogin(sql: SqlDatabase, login: string, network: Uint8Array): Promise<LoginUser | null> {
  const { users, loginNetworks } = sql.tables;
  const own = ownUsernameKey(login);
  const wanted = login.includes('@')
    ? eq(users.emailKey, emailKey(login))
    : inArray(users.usernameKey, [usernameKey(login), own]);
  const here = and(eq(loginNetworks.userId, users.id), eq(loginNetworks.network, network));
  const found = {
    user: userColumns(sql.tables),
    hashedPassword: users.hashedPassword,
    lastLogin: loginNetworks.lastLoginAt,
    key: users.usernameKey,
  };
  const rows = await sql.read(({ db }) =>
    db.select(found).from(users).leftJoin(loginNetworks, here).where(wanted).limit(2),
  );
  // Whose name is spelled like this goes before whoever has the key that it looks like.
  const row = rows.find(({ key }) => key === own) ?? rows[0];
  if (row === undefined) return null;
  const { user, hashedPassword, lastLogin } = row;
  return { user, hashedPassword, lastLogin };
}

/** The user's row is the lock: two logins at once would each see one network too few. */
export async function noteLogin(sql: SqlDatabase, userId: number, network: Uint8Array, at: Date): Promise<void> {
  const { users, loginNetworks } = sql.tables;
  const ofUser = eq(loginNetworks.userId, userId);
  await sql.transaction(async (tx) => {
    const [user] = await tx.lock(tx.db.select({ id: users.id }).from(users).where(eq(users.id, userId)));
    if (user === undefined) return;
    const rows = await tx.db
      .select({ network: loginNetworks.network, at: loginNetworks.lastLoginAt })
      .from(loginNetworks)
      .where(ofUser)
      .orderBy(desc(loginNetworks.lastLoginAt), desc(loginNetworks.network));
    const mine = rows.find((row) => Buffer.compare(row.network, network) === 0);
    if (mine === undefined) {
      await tx.db.insert(loginNetworks).values({ userId, network, lastLoginAt: at });
    } else if (mine.at < at) {
      await tx.db
        .update(loginNetworks)
        .set({ lastLoginAt: at })
        .where(and(ofUser, eq(loginNetworks.network, network)));
    }
    const oldest = rows.filter((row) => row !== mine).slice(REMEMBERED - 1);
    if (oldest.length === 0) return;
    const gone = oldest.map((row) => row.network);
    await tx.db.delete(loginNetworks).where(and(ofUser, inArray(loginNetworks.network, gone)));
  });
}
