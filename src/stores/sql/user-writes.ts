import { eq, or } from 'drizzle-orm';
import { AppError } from '../../domain/errors.js';
import type { User } from '../../domain/user.js';
import { emailKey, searchText, usernameKey } from '../../domain/user-keys.js';
import type { ProfileChange, UserStore } from '../../ports/user-store.js';
import { settled } from './chats/settle.js';
import type { SqlDatabase } from './database.js';
import { duplicateKey } from './errors.js';

/** Bytes of the search columns; one compatibility character can unfold to eighteen. */
const SEARCH_BYTES = { username: 2_048, fullName: 4_096 } as const;

/**
 * A new account. When the answer to the COMMIT is lost, the account is known by its password's hash, which no other
 * attempt can have made.
 */
export async function createUser(
  sql: SqlDatabase,
  { username, email, fullName, hashedPassword, network }: Parameters<UserStore['create']>[0],
  createdAt: Date,
): Promise<User> {
  const { users, loginNetworks } = sql.tables;
  const row = {
    username,
    usernameKey: usernameKey(username),
    usernameSearch: searchColumn(username, SEARCH_BYTES.username),
    email,
    emailKey: emailKey(email),
    hashedPassword,
    fullName,
    fullNameSearch: fullName === null ? null : searchColumn(fullName, SEARCH_BYTES.fullName),
    createdAt,
  };
  return settled(
    sql,
    async (tx) => {
      // Looked up first for the order of the two refusals; the unique keys decide when two calls run at once.
      const taken = await tx.db
        .select({ usernameKey: users.usernameKey })
        .from(users)
        .where(or(eq(users.usernameKey, row.usernameKey), eq(users.emailKey, row.emailKey)));
      if (taken.some((other) => other.usernameKey === row.usernameKey)) throw new AppError('username_taken');
      if (taken.length > 0) throw new AppError('email_taken');
      const [id] = tx.insertIds(await refusingDuplicates(() => tx.db.insert(users).values(row)), 1);
      if (id === undefined) throw new AppError('internal');
      if (network !== undefined) {
        await tx.db.insert(loginNetworks).values({ userId: id, network, lastLoginAt: createdAt });
      }
      return { id, username, email, fullName, isActive: true, createdAt, lastSeen: null };
    },
    async (tx, planned) => {
      const mine = tx.db.select({ hash: users.hashedPassword }).from(users).where(eq(users.id, planned.id));
      const [found] = await tx.lock(mine);
      return found?.hash === hashedPassword ? 'committed' : 'absent';
    },
  );
}

/** What a profile held before a change and should hold after it. */
interface ProfileStep {
  readonly before: ProfileColumns | null;
  readonly after: Partial<ProfileColumns>;
}

interface ProfileColumns {
  readonly email: string;
  readonly fullName: string | null;
}

/** Writes what the change names; nothing where there is no such user. */
export async function updateProfile(sql: SqlDatabase, id: number, change: ProfileChange): Promise<void> {
  const { users } = sql.tables;
  const set = profileColumns(change);
  if (Object.keys(set).length === 0) return;
  const { email, fullName } = users;
  await settled<ProfileStep>(
    sql,
    async (tx) => {
      const [before] = await tx.lock(tx.db.select({ email, fullName }).from(users).where(eq(users.id, id)));
      await refusingDuplicates(() => tx.db.update(users).set(set).where(eq(users.id, id)));
      return { before: before ?? null, after: change };
    },
    async (tx, { before, after }) => {
      const [found] = await tx.lock(tx.db.select({ email, fullName }).from(users).where(eq(users.id, id)));
      if (found === undefined || before === null) return 'committed';
      if (holds(found, after)) return 'committed';
      return holds(found, before) ? 'absent' : 'unknown';
    },
  );
}

function holds(found: ProfileColumns, wanted: Partial<ProfileColumns>): boolean {
  return (
    (wanted.email === undefined || wanted.email === found.email) &&
    (wanted.fullName === undefined || wanted.fullName === found.fullName)
  );
}

function profileColumns(change: ProfileChange) {
  return {
    ...(change.email === undefined ? {} : { email: change.email, emailKey: emailKey(change.email) }),
    ...(change.fullName === undefined
      ? {}
      : {
          fullName: change.fullName,
          fullNameSearch: change.fullName === null ? null : searchColumn(change.fullName, SEARCH_BYTES.fullName),
        }),
  };
}

async function refusingDuplicates<T>(write: () => PromiseLike<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    const key = duplicateKey(error);
    if (key === 'users_username_key') throw new AppError('username_taken');
    if (key === 'users_email_key') throw new AppError('email_taken');
    throw error;
  }
}

/** What fits; cut between characters. */
function searchColumn(text: string, bytes: number): string {
  const folded = searchText(text);
  if (Buffer.byteLength(folded) <= bytes) return folded;
  return Buffer.from(folded)
    .subarray(0, bytes)
    .toString('utf8')
    .replace(/\ufffd+$/u, '');
}
