import { sql, type Column } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/mysql2';
import type { PoolConnection, QueryOptions, QueryValues, ResultSetHeader } from 'mysql2/promise';
import type { Session, SqlRow, SqlValue, WriteResult } from '../database.js';
import { within } from '../../patience.js';
import type { Line } from './line.js';
import { DEADLINE_MS } from './mysql-pool.js';

type Client = Parameters<typeof drizzle>[0] & object;

/** A session over one MySQL or MariaDB connection; every statement goes through `line`. */
export function mysqlSession(connection: PoolConnection, line: Line, increment: number): Session {
  const send = (options: QueryOptions, values: QueryValues) =>
    line.send(options.sql, () => connection.query({ ...options, timeout: DEADLINE_MS }, values));
  const db = drizzle({ client: { query: send } as unknown as Extract<Client, { query: unknown }> });

  async function run(text: string, values: readonly SqlValue[] = []): Promise<WriteResult> {
    return (await send({ sql: text }, values.map(bind))) as WriteResult;
  }

  return {
    db,
    run,
    lock(query, options) {
      const lockable = query as { for(strength: 'update', config?: { skipLocked: true }): unknown };
      return lockable.for('update', options?.skipLocked === true ? { skipLocked: true } : undefined) as typeof query;
    },
    async query(text, values = []) {
      const [rows] = await send({ sql: text }, values.map(bind));
      return rows as SqlRow[];
    },
    async prepared(text, values = []) {
      const [rows] = await line.send(text, () => executed(connection, text, values.map(bind)));
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
    incoming: (column: Column) => sql`values(${sql.identifier(column.name)})`,
    async now() {
      const [rows] = await send({ sql: 'SELECT UTC_TIMESTAMP(3) AS at' }, []);
      return (rows as { at: Date }[])[0]?.at ?? new Date(Number.NaN);
    },
  };
}

const NO_MORE_STATEMENTS = 1461;

/**
 * The driver's own time-out begins only once the server has prepared the statement, so the whole is timed here. A server
 * that keeps no more prepared statements, because others leak them, gets the text itself.
 */
async function executed(connection: PoolConnection, sql: string, values: ReturnType<typeof bind>[]) {
  const options = { sql, timeout: DEADLINE_MS };
  try {
    return await within(DEADLINE_MS, connection.execute(options, values), () => {
      throw Object.assign(new Error('Prepared statement timed out'), { code: 'PROTOCOL_SEQUENCE_TIMEOUT' });
    });
  } catch (error) {
    if (!(error instanceof Error && 'errno' in error && error.errno === NO_MORE_STATEMENTS)) throw error;
    return connection.query(options, values);
  }
}

function header(result: WriteResult): ResultSetHeader {
  return result[0];
}

/** As the driver takes values; anything but these types it would expand into something else. */
export function bind(value: SqlValue): Exclude<SqlValue, Uint8Array> | Buffer {
  return value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : value;
}
