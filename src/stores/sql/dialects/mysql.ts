import type { Session, SqlDatabase, StatementHooks } from '../database.js';
import { isAnswered } from '../errors.js';
import { mysqlTables } from '../tables.js';
import { Line } from './line.js';
import { createMysqlPool, DEADLINE_MS, type Lease, type MysqlTarget } from './mysql-pool.js';
import { mysqlSession } from './mysql-session.js';
import { judged, runTransaction, withRetries } from './transaction.js';

/** MySQL 8 and later, MariaDB 10.11 and later. Connects with the first statement. */
export function openMysql(target: MysqlTarget, hooks: StatementHooks = {}): SqlDatabase {
  const pool = createMysqlPool(target);

  function plain(lease: Lease, line: Line, text: string): Promise<unknown> {
    return line.send(text, () => lease.connection.query({ sql: text, timeout: DEADLINE_MS }));
  }

  async function reading<T>(work: (lease: Lease, line: Line, session: Session) => Promise<T>): Promise<T> {
    const lease = await pool.acquire();
    const line = new Line(hooks, 'read');
    try {
      return await work(lease, line, mysqlSession(lease.connection, line, lease.increment));
    } finally {
      line.end();
      if (line.failure === null) lease.release();
      else await lease.destroy(false);
    }
  }

  async function snapshot<T>(lease: Lease, line: Line, session: Session, fn: (s: Session) => Promise<T>): Promise<T> {
    // CONSISTENT SNAPSHOT counts only under REPEATABLE READ; under the session's READ COMMITTED it is ignored.
    await plain(lease, line, 'SET TRANSACTION ISOLATION LEVEL REPEATABLE READ');
    await plain(lease, line, 'START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY');
    try {
      return await fn(session);
    } finally {
      if (line.failure === null) await plain(lease, line, 'COMMIT');
    }
  }

  async function transactionOnce<T>(fn: (tx: Session) => Promise<T>): Promise<T> {
    const lease = await pool.acquire();
    const line = new Line(hooks, 'write');
    const query = (sql: string) => lease.connection.query({ sql, timeout: DEADLINE_MS });
    const result = await runTransaction(
      {
        line,
        session: mysqlSession(lease.connection, line, lease.increment),
        begin: () => plain(lease, line, 'START TRANSACTION'),
        commit: () => query('COMMIT'),
        async abandon(reason) {
          const unanswered = line.failure !== null && !isAnswered(line.failure);
          if (reason === 'in doubt' || unanswered) return lease.destroy(true);
          try {
            await line.rollback(() => query('ROLLBACK'));
          } catch {
            return lease.destroy(true); // whatever state it is in, nobody else gets it
          }
          lease.release();
        },
      },
      fn,
    );
    lease.release();
    return result;
  }

  return {
    kind: 'mysql',
    tables: mysqlTables,
    read: (fn) => judged(() => reading((_lease, _line, session) => fn(session))),
    snapshot: (fn) => judged(() => reading((lease, line, session) => snapshot(lease, line, session, fn))),
    transaction: (fn) => withRetries(() => transactionOnce(fn)),
    close: () => pool.close(),
  };
}
