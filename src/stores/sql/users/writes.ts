import { eq, or } from 'drizzle-orm';
import { AppError } from '../../../domain/errors.js';
import type { User } from '../../../domain/user.js';
import { emailKey } from '../../../domain/user-keys.js';
import type { ProfileChange, UserStore } from '../../../ports/user-store.js';
import type { Words } from '../words.js';
import { settled } from '../ground/settle.js';
import type { Session, SqlDatabase } from '../database.js';
import { duplicateKey } from '../errors.js';
import { addGrams, fullNameColumns, gramsOfNames, removeGrams, usernameColumns } from './names.js';

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
    ...usernameColumns(username),
    email,
    emailKey: emailKey(email),
    hashedPassword,
    fullName,
    ...fullNameColumns(fullName),
    createdAt,
  };
  const grams = gramsOfNames(row.usernameSearch, row.fullNameSearch);
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
      await addGrams(
        tx,
        sql.words,
        Array.from(grams, (gram) => [gram, id]),
      );
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
  const { email, fullName, usernameSearch, fullNameSearch } = users;
  await settled<ProfileStep>(
    sql,
    async (tx) => {
      const columns = { email, fullName, usernameSearch, fullNameSearch };
      const [before] = await tx.lock(tx.db.select(columns).from(users).where(eq(users.id, id)));
      await refusingDuplicates(() => tx.db.update(users).set(set).where(eq(users.id, id)));
      if (before !== undefined && set.fullNameSearch !== undefined) {
        await moveGrams(tx, sql.words, id, before, { ...before, fullNameSearch: set.fullNameSearch });
      }
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

type SearchColumns = Readonly<Record<'usernameSearch', string> & Record<'fullNameSearch', string | null>>;

/** From what the row held, read under its lock, to what it holds now; what both have stays as it is. */
async function moveGrams(tx: Session, words: Words, id: number, from: SearchColumns, to: SearchColumns): Promise<void> {
  const old = gramsOfNames(from.usernameSearch, from.fullNameSearch);
  const wanted = gramsOfNames(to.usernameSearch, to.fullNameSearch);
  const gone = [...old].filter((gram) => !wanted.has(gram));
  const added = [...wanted].filter((gram) => !old.has(gram)).map((gram) => [gram, id] as const);
  await removeGrams(tx, words, id, gone);
  await addGrams(tx, words, added);
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
          ...fullNameColumns(change.fullName),
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
