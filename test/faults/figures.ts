import { appendFileSync } from 'node:fs';

/** Names of what scripts/test-faults.ts tells the tests through the environment. */
export const LONG_FORM = 'PARLEY_FAULTS_LONG';
export const SQL_FLAVOUR = 'PARLEY_FAULTS_SQL';
export const FIGURES_FILE = 'PARLEY_FAULTS_FIGURES';
/** A folder with the sources as JavaScript, for the processes that tests start. */
export const COMPILED_SOURCES = 'PARLEY_FAULTS_COMPILED';

/** Set to 1 by whoever accepts that a full disk is not tested where no tmpfs may be mounted; otherwise that fails. */
export const MAY_LACK_DISK = 'PARLEY_FAULTS_WITHOUT_DISK';

/** What one test counted, for the summary of a run. */
export interface Figures {
  /** The row of the fault table and what was done, e.g. `kill -9 MariaDB under load`. */
  readonly row: string;
  readonly counted: Readonly<Record<string, number | string>>;
}

/** How many rounds: `short` in CI, `long` with `npm run test:faults -- --long`. */
export function rounds(short: number, long: number): number {
  return isSet(LONG_FORM) ? long : short;
}

/** Whether the metadata and bodies of this run are in SQL and MongoDB servers. */
export function isSplit(): boolean {
  return process.env['PARLEY_TEST_STORE'] === 'split';
}

/** Which SQL server a test is to start that needs one of its own. */
export function sqlFlavour(): 'mariadb' | 'mysql' {
  return process.env[SQL_FLAVOUR] === 'mysql' ? 'mysql' : 'mariadb';
}

/** Adds a line to the summary; nothing happens where a file of tests is run by itself. */
export function report(row: string, counted: Figures['counted']): void {
  const file = process.env[FIGURES_FILE];
  if (file === undefined || file === '') return;
  const figures: Figures = { row, counted };
  appendFileSync(file, `${JSON.stringify(figures)}\n`);
}

function isSet(name: string): boolean {
  return (process.env[name] ?? '') !== '';
}
