import type { Clock } from '../../../ports/clock.js';
import type { Session, SqlDatabase, StatementHooks } from '../database.js';
import { scrub } from '../errors.js';
import { sqliteTables } from '../tables.js';
import { Line } from './line.js';
import { PlaceQueue } from './queue.js';
import { ConnectionShelf, SqliteConnection } from './sqlite-connection.js';
import { sqliteSession } from './sqlite-session.js';
import { batchByStep, judged, runTransaction, withRetries } from './transaction.js';

export interface SqliteOptions {
  /** Absolute; its folder exists. */
  readonly file: string;
  readonly clock: Clock;
}

/** For a place in the queue of writers or of snapshots. */
const DEADLINE_MS = 5_000;
/** Snapshots wait for nothing but their own statements, so few connections serve many. */
const SNAPSHOTS = 4;

/**
 * SQLite in WAL mode: one writer at a time behind a queue (two would get "database is locked"), readers beside it.
 * Opens or creates the file.
 */
export async function openSqlite({ file, clock }: SqliteOptions, hooks: StatementHooks = {}): Promise<SqlDatabase> {
  let reader = await SqliteConnection.open(file);
  const writers = new ConnectionShelf(file);
  const snapshots = new ConnectionShelf(file);
  const writeQueue = new PlaceQueue(1, DEADLINE_MS);
  const snapshotQueue = new PlaceQueue(SNAPSHOTS, DEADLINE_MS);

  async function transactionOnce<T>(fn: (tx: Session) => Promise<T>): Promise<T> {
    const leave = await writeQueue.enter();
    try {
      const connection = await writers.take();
      const line = new Line(hooks, 'write');
      let clean = true;
      try {
        return await runTransaction(
          {
            line,
            async begin() {
              await line.send('BEGIN IMMEDIATE', () => connection.begin('write'));
              return sqliteSession(connection, line, clock);
            },
            async commit(result: T) {
              await line.commit(() => connection.commit());
              return result;
            },
            async abandon() {
              try {
                await line.rollback(() => connection.rollback());
              } catch {
                clean = false; // not to be used again, whatever state it is in
              }
            },
          },
          fn,
        );
      } finally {
        writers.putBack(connection, clean && line.failure === null);
      }
    } finally {
      leave();
    }
  }

  async function snapshot<T>(fn: (session: Session) => Promise<T>): Promise<T> {
    const leave = await snapshotQueue.enter();
    try {
      const connection = await snapshots.take();
      const line = new Line(hooks, 'read');
      try {
        await line.send('BEGIN', () => connection.begin('deferred'));
        try {
          return await fn(sqliteSession(connection, line, clock));
        } finally {
          if (line.failure === null) await line.send('COMMIT', () => connection.commit());
        }
      } finally {
        line.end();
        snapshots.putBack(connection, line.failure === null);
      }
    } finally {
      leave();
    }
  }

  async function read<T>(fn: (session: Session) => Promise<T>): Promise<T> {
    const line = new Line(hooks, 'read');
    const connection = reader;
    try {
      return await fn(sqliteSession(connection, line, clock));
    } finally {
      line.end();
      // After SQLITE_BUSY the driver leaves a statement half run, and the connection would read that moment for ever. Not
      // closed here: other reads may be on it, and the last of them lets go of it.
      if (line.failure !== null && connection === reader) {
        reader = await SqliteConnection.open(file).catch((error: unknown) => {
          throw scrub(error, 'connect');
        });
      }
    }
  }

  return {
    kind: 'sqlite',
    tables: sqliteTables,
    read: (fn) => judged(() => read(fn)),
    snapshot: (fn) => judged(() => snapshot(fn)),
    transaction: (fn) => withRetries(() => transactionOnce(fn)),
    batch: (opening, work) => withRetries(() => transactionOnce(batchByStep(opening, work))),
    async close() {
      // The driver closes files only when its objects are collected; what is in the log so far moves to the file now.
      // Where that fails nothing is lost: the next start reads the log.
      await reader.execute({ sql: 'PRAGMA wal_checkpoint(TRUNCATE)', args: [] }).catch(() => undefined);
      for (const each of [reader, writers, snapshots]) each.close();
    },
  };
}
