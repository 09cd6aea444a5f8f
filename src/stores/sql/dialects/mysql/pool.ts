import { createConnection, createPool, type PoolConnection, type PoolOptions } from 'mysql2/promise';
import { describeDriverError } from '../../errors.js';
import { PlaceQueue } from '../queue.js';
import { readSession, setUpSession, type ServerSession } from './setup.js';
import { ServerWatch, type Watched } from './server-watch.js';

export interface MysqlTarget {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly poolSize: number;
}

/** One pooled connection, set up and free of transactions. */
export interface Lease {
  readonly connection: PoolConnection;
  /** Distance between the ids of one multi-row insert (Galera and replication setups raise it). */
  readonly increment: number;
  release(): void;
  /** It leads to the wrong server, or to a failing one: others that lead there are not used without a question. */
  reportLost(): void;
  /**
   * Closes the connection for good; `kill` also ends its thread on the server, so that no late COMMIT lands and its locks
   * are free at once.
   */
  destroy(kill: boolean): Promise<void>;
}

export interface MysqlPool {
  acquire(): Promise<Lease>;
  close(): Promise<void>;
}

/** For a connection, its set-up or one statement; what takes longer counts as failed. */
export const DEADLINE_MS = 5_000;
const KILL_DEADLINE_MS = 1_000;
/** Below the session's wait_timeout of 60 s: a connection is retired before the server drops it. */
const IDLE_MS = 30_000;

/**
 * Prepared statements that one connection keeps. Parley has some sixty texts, and the server's own limit is 16,382 for
 * everybody (`max_prepared_stmt_count`).
 */
const STATEMENTS = 128;

export function connectionOptions(target: MysqlTarget): PoolOptions {
  const { host, port, user, password, database } = target;
  return {
    host,
    port,
    user,
    password,
    database,
    charset: 'UTF8MB4_BIN',
    timezone: 'Z',
    connectTimeout: DEADLINE_MS,
    supportBigNumbers: true,
    decimalNumbers: true,
    stringifyObjects: true,
    flags: ['-LOCAL_FILES'],
    // Otherwise the driver takes a stack for every statement, 1.4 % of a page of history; `scrub` keeps no driver's stack.
    trace: false,
    maxPreparedStatements: STATEMENTS,
  };
}

/**
 * The pool waits for nobody longer than the deadline and never hands out a connection in doubt. Pools of one address share
 * their `watch`.
 */
export function createMysqlPool(
  target: MysqlTarget,
  extra: { readonly multipleStatements?: boolean } = {},
  watch: ServerWatch = new ServerWatch(),
): MysqlPool {
  const options = connectionOptions(target);
  const pool = createPool({
    ...options,
    ...extra,
    // The driver retires idle connections only where the limit is above maxIdle, and drops those above maxIdle at once.
    // PlaceQueue is what bounds the pool, so all of it may stay, and what is idle for long is retired at any size.
    connectionLimit: target.poolSize + 1,
    maxIdle: target.poolSize,
    idleTimeout: IDLE_MS,
  });
  const places = new PlaceQueue(target.poolSize, DEADLINE_MS);
  const known = new WeakMap<object, Watched>();

  /** What is known of a connection that may be used, or null where another one is to be taken. */
  async function check(connection: PoolConnection): Promise<ServerSession | null> {
    const now = performance.now();
    const before = known.get(connection.connection);
    if (before === undefined) {
      const session = await setUpSession(connection, DEADLINE_MS);
      watch.opened(session);
      known.set(connection.connection, { session, since: now, askedAt: now });
      return session;
    }
    const verdict = watch.judge(before, now);
    if (verdict === 'use') return before.session;
    if (verdict === 'drop' || (await isReadOnly(connection))) return null;
    known.set(connection.connection, { ...before, askedAt: now });
    return before.session;
  }

  /** A server that fails at this question is worth no other one. */
  async function isReadOnly(connection: PoolConnection): Promise<boolean> {
    try {
      return (await readSession(connection, DEADLINE_MS)).isReadOnly;
    } catch (error) {
      describeDriverError(error, 'connect');
      return true;
    }
  }

  async function acquire(): Promise<Lease> {
    const leave = await places.enter();
    try {
      // Ends: every turn drops a connection of before, and a new one is always used.
      for (;;) {
        const connection = await pool.getConnection();
        const session = await check(connection).catch((error: unknown) => {
          connection.destroy();
          throw error;
        });
        if (session !== null) return lease(connection, session, leave);
        connection.destroy();
      }
    } catch (error) {
      leave();
      throw describeDriverError(error, 'connect');
    }
  }

  function lease(connection: PoolConnection, session: ServerSession, leave: () => void): Lease {
    return {
      connection,
      increment: session.increment,
      release() {
        connection.release();
        leave();
      },
      reportLost() {
        watch.lost(session, performance.now());
      },
      async destroy(kill) {
        connection.destroy();
        leave();
        if (kill) await killThread(options, session);
      },
    };
  }

  return { acquire, close: () => pool.end() };
}

/**
 * Ends a thread on the server it runs on; another server's thread of that number is somebody else's. One's own threads
 * need no privilege. Best effort: when it fails, the session's wait_timeout ends the thread.
 */
async function killThread(options: PoolOptions, { thread, server }: ServerSession): Promise<void> {
  try {
    const connection = await createConnection({ ...options, connectTimeout: KILL_DEADLINE_MS });
    try {
      const here = await readSession(connection, KILL_DEADLINE_MS);
      if (here.server === server) await connection.query({ sql: `KILL ${thread}`, timeout: KILL_DEADLINE_MS });
    } finally {
      connection.destroy();
    }
  } catch (error) {
    // The thread is gone already, or the server cannot be reached; neither changes what the caller may claim.
    describeDriverError(error, 'connect');
  }
}
