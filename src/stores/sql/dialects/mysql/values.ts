import type { PoolConnection, QueryOptions } from 'mysql2/promise';
import { within } from '../../../../domain/patience.js';
import type { SqlValue } from '../../database.js';
import { withLiterals } from './literals.js';
import { DEADLINE_MS } from './pool.js';

/**
 * Above this, values are written instead: texts with so many come from lists, hardly any comes twice, and each would push
 * one out of the connection's statements that comes all the time.
 */
const MOST_BOUND = 32;

/** The server keeps no more prepared statements, because others leak them; or lost the meaning of this one. Not run. */
const UNPREPARED: ReadonlySet<unknown> = new Set([1461, 1615]);

/** What mysql2 answers: rows or a header, and the columns. */
export type Answer = Awaited<ReturnType<PoolConnection['query']>>;

/**
 * Runs a statement whose values travel beside its text, so that no character set can make one part of the other. The
 * server parses the text once for each connection, which costs a round trip then and none later.
 */
export async function bound(
  connection: PoolConnection,
  options: QueryOptions,
  values: readonly SqlValue[],
): Promise<Answer> {
  if (values.length === 0) return connection.query({ ...options, timeout: DEADLINE_MS });
  if (values.length > MOST_BOUND) return written(connection, options, values);
  try {
    return await executed(connection, { ...options, timeout: DEADLINE_MS }, values.map(parameter));
  } catch (error) {
    if (!(error instanceof Error && 'errno' in error && UNPREPARED.has(error.errno))) throw error;
    return written(connection, options, values);
  }
}

/** Runs a statement with its values written into it: one round trip always, for texts that do not come again. */
export function written(
  connection: PoolConnection,
  options: QueryOptions,
  values: readonly SqlValue[],
): Promise<Answer> {
  return connection.query({ ...options, sql: withLiterals({ text: options.sql, values }), timeout: DEADLINE_MS });
}

type Parameter = ReturnType<typeof parameter>;

/** The driver's own time-out begins only once the server has prepared the statement, so the whole is timed here. */
function executed(connection: PoolConnection, options: QueryOptions, values: Parameter[]): Promise<Answer> {
  return within(DEADLINE_MS, connection.execute(options, values), () => {
    throw Object.assign(new Error('Prepared statement timed out'), { code: 'PROTOCOL_SEQUENCE_TIMEOUT' });
  });
}

/**
 * As the driver takes it; anything but a `SqlValue` it would turn into something else. Numbers go as floating ones, or on
 * MySQL, which says what a place takes, as whole ones. Both servers find rows by them in the same indexes, and below
 * 2^53 they are exact; the driver's typed parameters cost 8 µs each.
 */
function parameter(value: SqlValue) {
  switch (typeof value) {
    case 'number':
    case 'string':
    case 'boolean':
      return value;
    case 'object':
      if (value === null || value instanceof Date) return value;
      if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
      throw new TypeError('not a value of SQL');
    default:
      throw new TypeError('not a value of SQL');
  }
}
