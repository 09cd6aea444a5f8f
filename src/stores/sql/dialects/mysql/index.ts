import { APPENDS_AT_ONCE } from '../../../../ports/message-log.js';
import type { Closing, Session, SqlDatabase, SqlRow, Statement, StatementHooks, WriteResult } from '../../database.js';
import { isAnswered, isLockWait, isRetryable, type DriverFailure } from '../../errors.js';
import { mysqlTables } from '../../tables.js';
import { Line } from '../line.js';
import { judged, runTransaction, withRetries, type TransactionLine } from '../transaction.js';
import { isLostServer } from './lost-servers.js';
import { batchPackets } from './packet.js';
import { createMysqlPool, DEADLINE_MS, type Lease, type MysqlTarget } from './pool.js';
import { mysqlSession } from './session.js';
import { written } from './values.js';
import { ServerWatch } from './server-watch.js';
import { mysqlWords } from './words.js';

/**
 * Connections for batches, the only ones that take several statements in one packet. That turns a hole in the binding of
 * values into more than one statement, so it stays with texts that are constant but for the number of their
 * placeholders. One for each batch that the writer may have under way, so that sends never wait behind reads.
 */
const BATCH_CONNECTIONS = APPENDS_AT_ONCE.firstLane + APPENDS_AT_ONCE.secondLane;

/** MySQL 8 and later, MariaDB 10.11 and later. Connects with the first statement. */
export function openMysql(target: MysqlTarget, hooks: StatementHooks = {}): SqlDatabase {
  const watch = new ServerWatch();
  const pool = createMysqlPool(target, {}, watch);
  const batchPool = createMysqlPool({ ...target, poolSize: BATCH_CONNECTIONS }, { multipleStatements: true }, watch);

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
      else await drop(lease, line.failure, false);
    }
  }

  /** The connection is not used again; where its server is to blame, neither are others to it without a question. */
  function drop(lease: Lease, failure: DriverFailure | null, kill: boolean): Promise<void> {
    if (failure !== null && isLostServer(failure)) lease.reportLost();
    return lease.destroy(kill);
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

  /** Rolls back and gives the connection back, or drops it with all it might still be doing. */
  async function abandon(lease: Lease, line: Line, reason: 'failed' | 'in doubt'): Promise<void> {
    const { failure } = line;
    const unanswered = failure !== null && !isAnswered(failure);
    if (reason === 'in doubt' || unanswered) return drop(lease, failure, true);
    // Its transaction ends with the connection.
    if (failure !== null && isLostServer(failure)) return drop(lease, failure, false);
    try {
      await line.rollback(() => lease.connection.query({ sql: 'ROLLBACK', timeout: DEADLINE_MS }));
    } catch {
      return lease.destroy(true); // whatever state it is in, nobody else gets it
    }
    lease.release();
  }

  async function run<B, W, R>(
    lease: Lease,
    line: Line,
    steps: Pick<TransactionLine<B, W, R>, 'begin' | 'commit'>,
    work: (begun: B) => Promise<W>,
  ): Promise<R> {
    const result = await runTransaction({ ...steps, line, abandon: (reason) => abandon(lease, line, reason) }, work);
    lease.release();
    return result;
  }

  async function transactionOnce<T>(fn: (tx: Session) => Promise<T>): Promise<T> {
    const lease = await pool.acquire();
    const line = new Line(hooks, 'write');
    const session = mysqlSession(lease.connection, line, lease.increment);
    const begin = () => plain(lease, line, 'START TRANSACTION');
    const commit = async (result: T) => {
      await line.commit(() => lease.connection.query({ sql: 'COMMIT', timeout: DEADLINE_MS }));
      return result;
    };
    return run(lease, line, { begin, commit }, () => fn(session));
  }

  /** Commits by itself: a process that stops in the middle of it leaves no lock behind. */
  async function writeOnce({ text, values }: Statement): Promise<number> {
    const lease = await pool.acquire();
    const line = new Line(hooks, 'write');
    const session = mysqlSession(lease.connection, line, lease.increment);
    const begin = () => Promise.resolve();
    const commit = () => line.togetherWithCommit([text], () => written(lease.connection, { sql: text }, values));
    const result = await run(lease, line, { begin, commit }, () => Promise.resolve());
    return session.affectedRows(result as unknown as WriteResult);
  }

  async function batchOnce<T>(
    opening: readonly Statement[],
    work: (tx: Session, opened: readonly (readonly SqlRow[])[]) => Promise<Closing<T>>,
  ): Promise<T> {
    const lease = await batchPool.acquire();
    const line = new Line(hooks, 'write');
    const session = mysqlSession(lease.connection, line, lease.increment);
    const packets = batchPackets(lease.connection, line);
    const { written, closing } = await run(
      lease,
      line,
      {
        begin: () => packets.open(opening),
        async commit(ending: Closing<T>): Promise<{ written: readonly WriteResult[]; closing: Closing<T> }> {
          return { written: await packets.close(ending), closing: ending };
        },
      },
      (opened) => work(session, opened),
    );
    return closing.result(written);
  }

  return {
    words: mysqlWords,
    tables: mysqlTables,
    read: (fn) => judged(() => reading((_lease, _line, session) => fn(session))),
    snapshot: (fn) => judged(() => reading((lease, line, session) => snapshot(lease, line, session, fn))),
    transaction: (fn) => withRetries(() => transactionOnce(fn)),
    batch: (opening, work, { isPatient }) =>
      withRetries(
        () => batchOnce(opening, work),
        (failure) => isRetryable(failure) && (isPatient || !isLockWait(failure)),
      ),
    write: (statement) => withRetries(() => writeOnce(statement)),
    async close() {
      await Promise.all([pool.close(), batchPool.close()]);
    },
  };
}
