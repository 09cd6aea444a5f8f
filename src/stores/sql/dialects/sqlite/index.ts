import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../../../../domain/errors.js';
import type { Clock } from '../../../../ports/clock.js';
import type { Session, SqlDatabase, StatementHooks } from '../../database.js';
import { isRetryable, describeDriverError } from '../../errors.js';
import { sqliteTables } from '../../tables.js';
import { Line } from '../line.js';
import { PlaceQueue } from '../queue.js';
import { batchByStep, judged, runTransaction, withRetries, type StepSession } from '../transaction.js';
import { ConnectionShelf, SqliteConnection } from './connection.js';
import { sqliteSession } from './session.js';
import { sqliteWords } from './words.js';

export interface SqliteOptions {
  /** Absolute; its folder exists. */
  readonly file: string;
  readonly clock: Clock;
}

/** An SQLite file, which alone can be told to forget what was deleted from it. */
export interface SqliteDatabase extends SqlDatabase {
  /**
   * Empties the write-ahead log, which keeps older versions of pages with what was deleted since. Waits up to a second for
   * readers of it, then rejects with `unavailable`; nothing is changed for anyone either way.
   */
  truncateLog(): Promise<void>;
}

/** For a place in the queue of writers or of snapshots. */
const DEADLINE_MS = 5_000;
/** Snapshots wait for nothing but their own statements, so few connections serve many. */
const SNAPSHOTS = 4;
/** A snapshot over one file ends within a few turns of the event loop: a second is for what nobody thought of. */
const TRUNCATE_MS = 1_000;
const TRUNCATE_POLL_MS = 5;

/**
 * SQLite in WAL mode: one writer at a time behind a queue (two would get "database is locked"), readers beside it.
 * Opens or creates the file.
 */
export async function openSqlite({ file, clock }: SqliteOptions, hooks: StatementHooks = {}): Promise<SqliteDatabase> {
  let reader = await SqliteConnection.open(file);
  const writers = new ConnectionShelf(file);
  const snapshots = new ConnectionShelf(file);
  const writeQueue = new PlaceQueue(1, DEADLINE_MS);
  const snapshotQueue = new PlaceQueue(SNAPSHOTS, DEADLINE_MS);

  async function transactionOnce<T>(fn: (tx: StepSession) => Promise<T>): Promise<T> {
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
          throw describeDriverError(error, 'connect');
        });
      }
    }
  }

  async function truncateOnce(): Promise<boolean> {
    // Behind the writers: one in the middle of its transaction would be in the way.
    const leave = await writeQueue.enter();
    try {
      const connection = await writers.take();
      let clean = false;
      try {
        const truncated = await connection.truncateLog();
        clean = true;
        return truncated;
      } catch (error) {
        const failure = describeDriverError(error, 'write');
        if (isRetryable(failure)) return false;
        throw failure;
      } finally {
        writers.putBack(connection, clean);
      }
    } finally {
      leave();
    }
  }

  async function truncateLog(): Promise<void> {
    const deadline = clock.monotonic() + TRUNCATE_MS;
    while (!(await truncateOnce())) {
      if (clock.monotonic() > deadline) throw new AppError('unavailable');
      await sleep(TRUNCATE_POLL_MS);
    }
  }

  return {
    words: sqliteWords,
    tables: sqliteTables,
    read: (fn) => judged(() => read(fn)),
    snapshot: (fn) => judged(() => snapshot(fn)),
    transaction: (fn) => withRetries(() => transactionOnce(fn)),
    batch: (opening, work) => withRetries(() => transactionOnce(batchByStep(opening, work))),
    write: ({ text, values }) =>
      withRetries(() => transactionOnce(async (tx) => tx.affectedRows(await tx.run(text, values)))),
    truncateLog: () => judged(truncateLog),
    async close() {
      // The driver closes files only when its objects are collected; what is in the log so far moves to the file now.
      // Where that fails nothing is lost: the next start reads the log.
      await reader.truncateLog().catch(() => undefined);
      for (const each of [reader, writers, snapshots]) each.close();
    },
  };
}
