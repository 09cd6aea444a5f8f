import type { SqlDatabase } from './database.js';

/** How MySQL is set up to acknowledge a commit before it is on disk; empty where it does not. */
export async function durabilityWarnings(sql: SqlDatabase): Promise<readonly string[]> {
  const [row] = await sql.read((session) => session.query('SELECT @@innodb_flush_log_at_trx_commit AS flushed'));
  if (Number(row?.['flushed']) === 1) return [];
  return [
    'MySQL runs with innodb_flush_log_at_trx_commit other than 1: a crash of the machine can lose acknowledged messages',
  ];
}
