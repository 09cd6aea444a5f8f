import { createdTables, type Migration } from './migrations/load.js';
import { RECORDS, type MigrationTarget } from './migrations/target.js';

export interface MigrationStep {
  readonly name: string;
  /** From 1. */
  readonly number: number;
  readonly of: number;
}

/**
 * Brings the database up to the schema of this build and answers how many statements that took. Safe to be killed at
 * any point and to run in several processes at once. Refuses a database whose tables of our names are not Parley's.
 */
export async function migrate(
  target: MigrationTarget,
  migrations: readonly Migration[],
  report: (step: MigrationStep) => void = () => undefined,
): Promise<number> {
  return target.exclusively(async () => {
    const present = await target.tables();
    if (!present.has(RECORDS)) {
      refuseForeignTables(target, present, migrations);
      await target.createRecords();
    }
    const records = await target.records();
    const pending = migrations.filter(({ name }) => records.get(name) !== 'finished');
    for (const [at, migration] of pending.entries()) {
      report({ name: migration.name, number: at + 1, of: pending.length });
      await target.apply(migration, records.get(migration.name) === 'started');
    }
    return pending.length;
  });
}

/**
 * For those who look and change nothing: rejects unless the database has exactly the schema of this build. Takes no lock,
 * so a migrator at work shows as an older schema.
 */
export async function expectMigrated(target: MigrationTarget, migrations: readonly Migration[]): Promise<void> {
  const refuse = (why: string): never => {
    throw new Error(`${target.description} ${why}. Nothing was changed.`);
  };
  if (!(await target.tables()).has(RECORDS)) refuse('holds no data of Parley: is it the right one?');
  const records = await target.records();
  const known = new Set(migrations.map(({ name }) => name));
  if ([...records.keys()].some((name) => !known.has(name))) {
    refuse('has the schema of a newer Parley: use the commands of that version');
  }
  if (migrations.some(({ name }) => records.get(name) !== 'finished')) {
    refuse('has the schema of an older Parley: use the commands of that version, or run db:migrate first');
  }
}

/** Another program's `users` would be written to, or half of its tables taken for ours. */
function refuseForeignTables(
  target: MigrationTarget,
  present: ReadonlySet<string>,
  migrations: readonly Migration[],
): void {
  const foreign = createdTables(migrations).filter((name) => present.has(name));
  if (foreign.length === 0) return;
  throw new Error(
    `${target.description} already holds tables that Parley did not create (${foreign.join(', ')}). ` +
      'Give Parley a database of its own; nothing was changed.',
  );
}
