import { drizzle } from 'drizzle-orm/libsql';
import type { Clock } from '../../../../ports/clock.js';
import type { QueryBuilder, SqlRow, SqlValue, WriteResult } from '../../database.js';
import type { Line } from '../line.js';
import type { StepSession } from '../transaction.js';
import type { SqliteConnection, SqliteResult, SqliteStatement } from './connection.js';

/** A session over one SQLite connection; every statement goes through `line`. */
export function sqliteSession(connection: SqliteConnection, line: Line, clock: Clock): StepSession {
  const execute = (statement: SqliteStatement) => line.send(statement.sql, () => connection.execute(statement));
  const db = drizzle({ client: { execute } as never });

  async function query(text: string, values: readonly SqlValue[] = []): Promise<readonly SqlRow[]> {
    const { columns, rows } = await execute({ sql: text, args: values.map(bind) });
    return rows.map((row) => Object.fromEntries(columns.map((name, at) => [name, fromDriver(row[at])])));
  }

  return {
    // Sound for what database.ts allows: statements that both builders have, over tables of equal rows.
    db: db as unknown as QueryBuilder,
    lock: (query) => query,
    query,
    // The client has nothing of the kind: a constant text is all there is to spare.
    prepared: query,
    async run(text, values = []) {
      return (await execute({ sql: text, args: values.map(bind) })) as unknown as WriteResult;
    },
    async runEach(text, rows) {
      const args = rows.map((row) => row.map(bind));
      return (await line.send(text, () => connection.executeEach(text, args))) as unknown as WriteResult;
    },
    affectedRows: (result) => resultSet(result).rowsAffected,
    insertIds(result, count) {
      // SQLite tells the last id; under the write lock the rows of one insertion are numbered without gaps.
      const first = Number(resultSet(result).lastInsertRowid) - count + 1;
      return Array.from({ length: count }, (_, at) => first + at);
    },
    async upsert(table, row, target, set) {
      const result = await db
        .insert(table as never)
        .values(row as never)
        .onConflictDoUpdate({ target: target as never, set: set });
      return result as unknown as WriteResult;
    },
    now: () => Promise.resolve(new Date(clock.now())),
  };
}

function resultSet(result: WriteResult): SqliteResult {
  return result as unknown as SqliteResult;
}

function bind(value: SqlValue): Exclude<SqlValue, Date> {
  return value instanceof Date ? value.getTime() : value;
}

function fromDriver(value: unknown): unknown {
  return value instanceof ArrayBuffer ? Buffer.from(value) : value;
}
