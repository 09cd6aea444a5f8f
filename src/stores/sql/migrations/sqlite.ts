import { setTimeout as sleep } from 'node:timers/promises';
import { isRetryable, describeDriverError } from '../errors.js';
import { SqliteConnection } from '../dialects/sqlite/connection.js';
import { RECORDS, recordsOf, type MigrationHook, type MigrationTarget } from './target.js';

const LOCK_WAIT_MS = 60_000;
const LOCK_POLL_MS = 20;

/** SQLite's DDL is transactional: all of it is one transaction, and a kill leaves the database as it was. */
export async function sqliteMigrationTarget(
  file: string,
  hook: MigrationHook = () => undefined,
): Promise<MigrationTarget> {
  let connection = await SqliteConnection.open(file);

  /** Waits for its turn to write. */
  async function begin(): Promise<void> {
    const deadline = performance.now() + LOCK_WAIT_MS;
    for (;;) {
      // Rebuilding a table drops it, which must not reach the rows that refer to it. Has no effect once it has begun.
      await query('PRAGMA foreign_keys = 0');
      await hook('BEGIN IMMEDIATE');
      try {
        return await connection.begin('write');
      } catch (error) {
        const failure = describeDriverError(error, 'write');
        if (!isRetryable(failure) || performance.now() > deadline) throw failure;
        // After SQLITE_BUSY the driver leaves its statement half run, and nothing could be committed over it.
        connection.close();
        await sleep(LOCK_POLL_MS);
        connection = await SqliteConnection.open(file);
      }
    }
  }

  const query = async (sql: string, args: string[] = []) => {
    await hook(sql);
    const { columns, rows } = await connection.execute({ sql, args });
    return rows.map((row) => Object.fromEntries(columns.map((name, at) => [name, row[at]])));
  };

  return {
    description: `The SQLite database "${file}"`,
    async exclusively(work) {
      await begin();
      try {
        const result = await work();
        const dangling = await query('PRAGMA foreign_key_check');
        if (dangling.length > 0)
          throw new Error('The migration would leave rows that refer to nothing; nothing was changed');
        await hook('COMMIT');
        await connection.commit();
        return result;
      } catch (error) {
        await connection.rollback();
        throw error;
      }
    },
    async tables() {
      const rows = await query(`SELECT lower(name) AS name FROM sqlite_master WHERE type = 'table'`);
      return new Set(rows.map(({ name }) => String(name)));
    },
    async createRecords() {
      await query(
        `CREATE TABLE ${RECORDS} (name TEXT NOT NULL PRIMARY KEY, state TEXT NOT NULL, changed_at INTEGER NOT NULL, version TEXT)`,
      );
    },
    async records() {
      const sql = `SELECT * FROM ${RECORDS}`;
      await hook(sql);
      const { columns, rows } = await connection.execute({ sql, args: [] });
      return recordsOf(
        columns,
        rows.map((row) => Object.fromEntries(columns.map((name, at) => [name, row[at]]))),
      );
    },
    async addVersions() {
      await query(`ALTER TABLE ${RECORDS} ADD COLUMN version TEXT`);
    },
    async apply({ name, sql }, { version }) {
      await query(sql);
      await query(
        `INSERT INTO ${RECORDS} (name, state, changed_at, version) VALUES (?, 'finished', unixepoch() * 1000, ?)`,
        [name, version],
      );
    },
    close() {
      connection.close();
      return Promise.resolve();
    },
  };
}
