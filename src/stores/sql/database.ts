import type { Column, SQL, Table } from 'drizzle-orm';
import type { MySql2Database, MySqlRawQueryResult } from 'drizzle-orm/mysql2';
import type { SqlRow, SqlValue, Statement } from './statement.js';
import type { Tables } from './tables.js';
import type { Words } from './words.js';

/**
 * Drizzle's query builder, typed as MySQL's on both dialects. Only what SQLite has too may be used: select, insert,
 * update and delete with where, joins, groupBy, orderBy and limit (no limit on delete). Locks, upserts, ids and counts
 * of rows go through the session.
 */
export type QueryBuilder = Pick<MySql2Database, 'select' | 'insert' | 'update' | 'delete'>;

/** What an awaited insert, update or delete gives; opaque, because the dialects differ. */
export type WriteResult = MySqlRawQueryResult;

export type { SqlRow, SqlValue, Statement };

/** How a batch ends: what it writes, sent together with the COMMIT. */
export interface Closing<T> {
  readonly statements: readonly Statement[];
  /** What the batch comes to, from the results of the statements in their order. Must not fail: it is committed by then. */
  readonly result: (written: readonly WriteResult[]) => T;
  /** For fault tests: awaited between the statements and the COMMIT, which then travels by itself. */
  readonly beforeCommit?: () => Promise<void>;
}

/** One connection for the duration of a callback; worthless afterwards. */
export interface Session {
  readonly db: QueryBuilder;
  /** Makes a select a locking read (`FOR UPDATE`); SQLite's write transactions hold the only lock there is. */
  lock<Q>(query: Q): Q;
  /** SQL both dialects know, with `?` for values (never arrays), for hot paths. Keep texts constant. */
  query(text: string, values?: readonly SqlValue[]): Promise<readonly SqlRow[]>;
  /**
   * As `query`, for reads that come again and again with the very same text, of which there are few: a connection to
   * MySQL parses it once. A page of history so costs MariaDB a quarter less.
   */
  prepared(text: string, values?: readonly SqlValue[]): Promise<readonly SqlRow[]>;
  /** As `query`, for statements that change rows. */
  run(text: string, values?: readonly SqlValue[]): Promise<WriteResult>;
  /** Rows that the statement's condition matched, changed or not. */
  affectedRows(result: WriteResult): number;
  /** The ids given to the `count` rows of one insert, in the order of its values. */
  insertIds(result: WriteResult, count: number): readonly number[];
  /** Inserts one row or, where it collides with `target`, changes the existing one. */
  upsert<T extends Table>(
    table: T,
    row: T['$inferInsert'],
    target: readonly Column[],
    set: Partial<Record<keyof T['$inferInsert'] & string, SQL | SqlValue>>,
  ): Promise<WriteResult>;
  /** The database's own clock, by a statement of its own: the time after whatever was waited for before. */
  now(): Promise<Date>;
}

/** Which of our unique keys; every primary key is `PRIMARY`. */
export type KeyName =
  | 'PRIMARY'
  | 'users_username_key'
  | 'users_email_key'
  | 'chats_direct_key'
  | 'message_metadata_id_key'
  | 'message_metadata_message_id_key'
  | 'message_metadata_client_key';

/**
 * The seam under the repositories: what differs between MySQL/MariaDB and SQLite is behind it.
 *
 * Errors of the driver leave as AppError `unavailable`, `indeterminate` (the COMMIT's outcome is unknown), or, where no
 * repetition could help, as DriverFailure, which the edges answer as `internal`. None of them holds SQL values. An
 * AppError thrown by a callback rolls back and leaves as it is.
 */
export interface SqlDatabase {
  /** How its dialect says what the repositories mean. */
  readonly words: Words;
  readonly tables: Tables;
  /** Single statements, each a moment of its own. */
  read<T>(fn: (session: Session) => Promise<T>): Promise<T>;
  /** Reads that all see the database as it was at one moment. Nothing may be written. */
  snapshot<T>(fn: (session: Session) => Promise<T>): Promise<T>;
  /**
   * READ COMMITTED on MySQL, the write lock on SQLite. Run again from the start, at most three more times, when the
   * database gave it up (deadlock, lock wait): `fn` must have no effects outside. Never nested, and nothing that writes
   * through another session (SQLite's bodies too) may be awaited inside: it would wait for this very transaction.
   */
  transaction<T>(fn: (tx: Session) => Promise<T>): Promise<T>;
  /**
   * As `transaction`, in two round trips on MySQL: BEGIN and the reads of `opening` travel in one packet, what `work`
   * wants written and the COMMIT in another. A packet stops at its first error, so its COMMIT does not run then. A
   * violated key leaves as a DriverFailure that names it, with nothing written.
   * `isPatient` false: where a lock is waited for in vain it is not tried again, and leaves as `unavailable`.
   */
  batch<T>(
    opening: readonly Statement[],
    work: (tx: Session, opened: readonly (readonly SqlRow[])[]) => Promise<Closing<T>>,
    options: { readonly isPatient: boolean },
  ): Promise<T>;
  /**
   * One statement as a transaction of its own, in one round trip on MySQL: its locks never wait for this process. Run
   * again like a transaction; answers how many rows its condition matched.
   */
  write(statement: Statement): Promise<number>;
  close(): Promise<void>;
}

/** How a statement is run: a read, part of a write transaction, or the COMMIT itself. */
export type Phase = 'read' | 'write' | 'commit';

/**
 * Hooks of a database, for tests: awaited before every statement, BEGIN and COMMIT included, and after a COMMIT whose
 * answer has come. What they throw counts as the driver's error at that point.
 */
export interface StatementHooks {
  readonly onStatement?: (text: string, phase: Phase) => void | Promise<void>;
  readonly afterCommit?: () => void | Promise<void>;
}

/** Dates of rows that came through `query` or an aggregate: Date, milliseconds or UTC text, as the driver gave them. */
export function asDate(value: unknown): Date {
  if (value instanceof Date) return value;
  if (typeof value === 'number') return new Date(value);
  if (typeof value === 'string') return new Date(`${value.replace(' ', 'T')}Z`);
  throw new TypeError('not a date of this database');
}
