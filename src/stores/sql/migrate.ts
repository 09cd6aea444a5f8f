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
