import type { Migration } from './load.js';

/** The table in which a database remembers what was applied to it. */
export const RECORDS = 'parley_migrations';

/** `started`: the statement may or may not have taken effect; `finished`: it has. */
export type MigrationState = 'started' | 'finished';

/** A database as the migrator sees it. */
export interface MigrationTarget {
  /** For messages: which database, never how to log in. */
  readonly description: string;
  /** Runs `work` while no other migrator, of whichever process, is in its own; waits for its turn. */
  exclusively<T>(work: () => Promise<T>): Promise<T>;
  /** Lower-case names of all tables. */
  tables(): Promise<ReadonlySet<string>>;
  createRecords(): Promise<void>;
  records(): Promise<ReadonlyMap<string, MigrationState>>;
  /** `again`: an earlier try was cut off after it had started; having taken effect already is no error then. */
  apply(migration: Migration, again: boolean): Promise<void>;
  close(): Promise<void>;
}

/** Awaited before every statement, for tests: what it throws ends the migrator there, like a kill would. */
export type MigrationHook = (text: string) => void | Promise<void>;
