import { and, asc, eq, inArray } from 'drizzle-orm';
import type { User } from '../../../domain/user.js';
import type { Clock } from '../../../ports/clock.js';
import type { UserStore } from '../../../ports/user-store.js';
import { userColumns } from '../ground/chat-rows.js';
import type { SqlDatabase } from '../database.js';
import { SharedStatement } from '../ground/gather.js';
import { selectRows } from '../ground/lists.js';
import { findByLogin, noteLogin, NOWHERE } from './login-networks.js';
import { USER_COLUMNS, userOf } from './rows.js';
import { searchUserRows } from './search.js';
import { createUser, updateProfile } from './writes.js';

const COLUMNS = Object.fromEntries(USER_COLUMNS.map((name) => [name, name]));

const TOUCH = 'UPDATE users SET last_seen = ? WHERE id = ? AND (last_seen IS NULL OR last_seen < ?)';
/** Rows that one transaction keeps locked. */
const TOUCH_BATCH = 100;

/** Accounts over either SQL dialect. */
export function createUserStore(sql: SqlDatabase, deps: { readonly clock: Clock }): UserStore {
  const { users } = sql.tables;
  const columns = userColumns(sql.tables);

  const byId = new SharedStatement(async (ids: readonly number[]) => {
    const wanted = sql.words.listOf(ids);
    const source = { text: `FROM users WHERE id IN ${wanted.text}`, values: wanted.values };
    const rows = await sql.read((session) => selectRows(session, sql.words, COLUMNS, source));
    const found = new Map(rows.map((row) => [Number(row['id']), userOf(row)]));
    return ids.map((id) => found.get(id) ?? null);
  });
  const findById = (id: number): Promise<User | null> => byId.get(id);

  return {
    create: (draft) => createUser(sql, draft, new Date(deps.clock.now())),

    findById,

    async findByIds(ids) {
      if (ids.length === 0) return [];
      return sql.read(({ db }) =>
        db
          .select(columns)
          .from(users)
          .where(inArray(users.id, [...new Set(ids)]))
          .orderBy(asc(users.id)),
      );
    },

    async activeAmong(ids) {
      if (ids.length === 0) return new Set();
      const wanted = sql.words.listOf(ids);
      const source = { text: `FROM users WHERE id IN ${wanted.text} AND is_active = TRUE`, values: wanted.values };
      const rows = await sql.read((session) => selectRows(session, sql.words, { id: 'id' }, source));
      return new Set(rows.map(({ id }) => Number(id)));
    },

    findByLogin: (login, network) => findByLogin(sql, login, network ?? NOWHERE),

    noteLogin: (id, network, at) => noteLogin(sql, id, network, at),

    async updateProfile(id, change) {
      await updateProfile(sql, id, change);
      return findById(id);
    },

    async replacePasswordHash(id, from, to) {
      await sql.transaction((tx) =>
        tx.db
          .update(users)
          .set({ hashedPassword: to })
          .where(and(eq(users.id, id), eq(users.hashedPassword, from))),
      );
    },

    search: (text, limit) => searchUserRows(sql, text, limit),

    async isEmpty() {
      const rows = await sql.read(({ db }) => db.select({ id: users.id }).from(users).limit(1));
      return rows.length === 0;
    },

    async touchLastSeen(seen) {
      // By id, so that two nodes that write the same users wait for each other instead of deadlocking.
      const ordered = [...seen].sort((one, other) => one.userId - other.userId);
      for (let from = 0; from < ordered.length; from += TOUCH_BATCH) {
        const batch = ordered.slice(from, from + TOUCH_BATCH);
        await sql.transaction(async (tx) => {
          for (const { userId, at } of batch) await tx.run(TOUCH, [at, userId, at]);
        });
      }
    },
  };
}
