import { createHash } from 'node:crypto';
import { createConnection, type Connection } from 'mysql2/promise';
import { describeDriverError } from '../errors.js';
import { connectionOptions, DEADLINE_MS, type MysqlTarget } from '../dialects/mysql/pool.js';
import { setUpForMigration } from '../dialects/mysql/setup.js';
import { RECORDS, recordsOf, type MigrationHook, type MigrationTarget } from './target.js';

/** Another process may be in the middle of a long change of a large table. */
const LOCK_WAIT_MS = 10 * 60_000;
const LOCK_POLL_SECONDS = 1;

/** What a repeated statement answers where its first run had taken effect: table, column, index, constraint is there. */
const ALREADY_DONE = new Set([1050, 1060, 1061, 1091, 1826]);
/** MariaDB says this of a repeated foreign key, with `errno: 121` in its message. */
const CANNOT_CREATE = 1005;

/**
 * MySQL commits every DDL statement by itself, so each is announced before and confirmed after it. A statement that was
 * announced and not confirmed is run again, and may then find its work done.
 */
export async function mysqlMigrationTarget(
  target: MysqlTarget,
  hook: MigrationHook = () => undefined,
): Promise<MigrationTarget> {
  const connection = await connect(target).catch((error: unknown) => {
    throw describeDriverError(error, 'connect');
  });
  const query = async (sql: string, values: readonly string[] = []): Promise<Record<string, unknown>[]> => {
    await hook(sql);
    const [rows] = values.length === 0 ? await connection.query(sql) : await connection.execute(sql, [...values]);
    return Array.isArray(rows) ? (rows as Record<string, unknown>[]) : [];
  };

  return {
    description: `The MySQL database "${target.database}" at ${target.host}:${target.port}`,
    async exclusively(work) {
      await takeLock(query, lockName(target.database));
      // Given back by closing the connection, however the work ends.
      return work();
    },
    async tables() {
      const rows = await query(
        'SELECT LOWER(table_name) AS name FROM information_schema.tables WHERE table_schema = DATABASE()',
      );
      return new Set(rows.map(({ name }) => String(name)));
    },
    async createRecords() {
      await query(
        `CREATE TABLE IF NOT EXISTS ${RECORDS} (name VARCHAR(191) NOT NULL PRIMARY KEY, state VARCHAR(16) NOT NULL,
         changed_at DATETIME(3) NOT NULL, version VARCHAR(64)) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`,
      );
    },
    async records() {
      const text = `SELECT * FROM ${RECORDS}`;
      await hook(text);
      const [rows, columns] = await connection.query(text);
      return recordsOf(
        columns.map(({ name }) => name),
        rows as Record<string, unknown>[],
      );
    },
    async addVersions() {
      await query(`ALTER TABLE ${RECORDS} ADD COLUMN version VARCHAR(64)`);
    },
    async apply({ name, sql }, { again, version }) {
      if (!again)
        await query(
          `INSERT INTO ${RECORDS} (name, state, changed_at, version) VALUES (?, 'started', UTC_TIMESTAMP(3), ?)`,
          [name, version],
        );
      try {
        await query(sql);
      } catch (error) {
        if (!again || !isAlreadyDone(error)) throw error;
      }
      await query(
        `UPDATE ${RECORDS} SET state = 'finished', changed_at = UTC_TIMESTAMP(3), version = ? WHERE name = ?`,
        [version, name],
      );
    },
    async close() {
      await end(connection);
    },
  };
}

/** The first connection of a start: a server that does not take our session's settings is refused here. */
async function connect(target: MysqlTarget): Promise<Connection> {
  const connection = await createConnection(connectionOptions(target));
  // A connection that breaks between two statements says so as an event, which nobody else listens to; the next
  // statement fails by it.
  connection.on('error', () => undefined);
  try {
    await setUpForMigration(connection, DEADLINE_MS);
    return connection;
  } catch (error) {
    connection.destroy();
    throw error;
  }
}

type Query = (sql: string, values?: readonly string[]) => Promise<Record<string, unknown>[]>;

/** In short waits, so that a server that is going down is noticed. Locks are per server: the name tells databases apart. */
async function takeLock(query: Query, name: string): Promise<void> {
  const deadline = performance.now() + LOCK_WAIT_MS;
  do {
    const [row] = await query(`SELECT GET_LOCK(?, ${LOCK_POLL_SECONDS}) AS taken`, [name]);
    if (Number(row?.['taken']) === 1) return;
  } while (performance.now() < deadline);
  throw new Error('Another process has been changing this database for too long; is it still at work?');
}

/** MySQL takes at most 64 characters. */
function lockName(database: string): string {
  return `parley-migrations-${createHash('sha256').update(database).digest('hex').slice(0, 32)}`;
}

function isAlreadyDone(error: unknown): boolean {
  if (!(error instanceof Error) || !('errno' in error)) return false;
  if (error.errno === CANNOT_CREATE) return /errno: 121\b/.test(error.message);
  return typeof error.errno === 'number' && ALREADY_DONE.has(error.errno);
}

async function end(connection: Connection): Promise<void> {
  // `end` waits for a server that may be gone; the lock goes with the connection either way.
  connection.destroy();
  return Promise.resolve();
}
