import { drizzle } from 'drizzle-orm/mysql2';
import type { PoolConnection, QueryOptions, ResultSetHeader } from 'mysql2/promise';
import type { Session, SqlRow, SqlValue, WriteResult } from '../../database.js';
import type { Line } from '../line.js';
import { bound, written, type Answer } from './values.js';

type Client = Parameters<typeof drizzle>[0] & object;

/** A session over one MySQL or MariaDB connection; every statement goes through `line`. */
export function mysqlSession(connection: PoolConnection, line: Line, increment: number): Session {
  const bind = (options: QueryOptions, values: readonly SqlValue[]): Promise<Answer> =>
    line.send(options.sql, () => bound(connection, options, values));
  const write = (text: string, values: readonly SqlValue[]): Promise<Answer> =>
    line.send(text, () => written(connection, { sql: text }, values));
  // Drizzle's own session would have the driver escape the values into the text.
  const db = drizzle({ client: { query: bind } as unknown as Extract<Client, { query: unknown }> });

  return {
    db,
    run: async (text, values = []) => (await write(text, values)) as WriteResult,
    lock: (query) => (query as { for(strength: 'update'): unknown }).for('update') as typeof query,
    async query(text, values = []) {
      const [rows] = await write(text, values);
      return rows as SqlRow[];
    },
    async prepared(text, values = []) {
      const [rows] = await bind({ sql: text }, values);
      return rows as SqlRow[];
    },
    affectedRows: (result) => header(result).affectedRows,
    insertIds: (result, count) => Array.from({ length: count }, (_, at) => header(result).insertId + at * increment),
    async upsert(table, row, _target, set) {
      return db
        .insert(table as never)
        .values(row as never)
        .onDuplicateKeyUpdate({ set: set });
    },
    async now() {
      const [rows] = await write('SELECT UTC_TIMESTAMP(3) AS at', []);
      return (rows as { at: Date }[])[0]?.at ?? new Date(Number.NaN);
    },
  };
}

function header(result: WriteResult): ResultSetHeader {
  return result[0];
}
