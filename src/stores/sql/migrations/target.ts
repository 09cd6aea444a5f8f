import type { Migration } from './load.js';

/** The table in which a database remembers what was applied to it. */
export const RECORDS = 'parley_migrations';

/** `started`: the statement may or may not have taken effect; `finished`: it has. */
export type MigrationState = 'started' | 'finished';

export interface MigrationRecord {
  readonly state: MigrationState;
  /** Of the Parley that applied it; null where none was recorded. */
  readonly version: string | null;
}

export interface MigrationRecords {
  readonly byName: ReadonlyMap<string, MigrationRecord>;
  /** False for a table that a Parley made which did not record versions yet. */
  readonly haveVersions: boolean;
}

/** A database as the migrator sees it. */
export interface MigrationTarget {
  /** For messages: which database, never how to log in. */
  readonly description: string;
  /** Runs `work` while no other migrator, of whichever process, is in its own; waits for its turn. */
  exclusively<T>(work: () => Promise<T>): Promise<T>;
  /** Lower-case names of all tables. */
  tables(): Promise<ReadonlySet<string>>;
  createRecords(): Promise<void>;
  /** Changes nothing. */
  records(): Promise<MigrationRecords>;
  /** Gives the table of records the column that it lacks. */
  addVersions(): Promise<void>;
  /** `again`: an earlier try was cut off after it had started; having taken effect already is no error then. */
  apply(migration: Migration, how: { readonly again: boolean; readonly version: string }): Promise<void>;
  close(): Promise<void>;
}

/** Awaited before every statement, for tests: what it throws ends the migrator there, like a kill would. */
export type MigrationHook = (text: string) => void | Promise<void>;

/** What the table of records holds, whichever Parley made it. */
export function recordsOf(
  columns: readonly string[],
  rows: readonly Readonly<Record<string, unknown>>[],
): MigrationRecords {
  const byName = rows.map(({ name, state, version }): [string, MigrationRecord] => [
    String(name),
    { state: state === 'finished' ? 'finished' : 'started', version: typeof version === 'string' ? version : null },
  ]);
  return { byName: new Map(byName), haveVersions: columns.includes('version') };
}
