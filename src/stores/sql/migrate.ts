import { VERSION } from '../../domain/version.js';
import { createdTables, type Migration } from './migrations/load.js';
import { RECORDS, type MigrationRecords, type MigrationTarget } from './migrations/target.js';

export interface MigrationStep {
  readonly name: string;
  /** From 1. */
  readonly number: number;
  readonly of: number;
}

/**
 * Brings the database up to the schema of this build and answers how many statements that took. Safe to be killed at
 * any point and to run in several processes at once. Refuses a database whose tables of our names are not Parley's, and
 * one that a newer build has brought further than this one knows: what its rows mean may have changed.
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
    refuseNewer(target, records, migrations);
    const pending = migrations.filter(({ name }) => records.byName.get(name)?.state !== 'finished');
    if (pending.length > 0 && !records.haveVersions) await target.addVersions();
    for (const [at, migration] of pending.entries()) {
      report({ name: migration.name, number: at + 1, of: pending.length });
      await target.apply(migration, {
        again: records.byName.get(migration.name)?.state === 'started',
        version: VERSION,
      });
    }
    return pending.length;
  });
}

/**
 * For those who look and change nothing: rejects unless the database has exactly the schema of this build. Takes no lock,
 * so a migrator at work shows as an older schema.
 */
export async function expectMigrated(target: MigrationTarget, migrations: readonly Migration[]): Promise<void> {
  if (!(await target.tables()).has(RECORDS)) {
    refuse(
      target,
      'holds no data of Parley',
      ' Check that the settings name the right database; a start of the server, or db:migrate, makes an empty one ready.',
    );
  }
  const records = await target.records();
  refuseNewer(target, records, migrations);
  if (migrations.some(({ name }) => records.byName.get(name)?.state !== 'finished')) {
    refuse(target, 'has the schema of an older Parley: use the commands of that version, or run db:migrate first');
  }
}

/** Finished or only begun: whatever this build does not know, a newer one has begun to rely on. */
function refuseNewer(target: MigrationTarget, records: MigrationRecords, migrations: readonly Migration[]): void {
  const known = new Set(migrations.map(({ name }) => name));
  const [newest] = [...records.byName].filter(([name]) => !known.has(name)).sort(([a], [b]) => (a < b ? 1 : -1));
  if (newest === undefined) return;
  const [name, { version }] = newest;
  refuse(
    target,
    `has the schema of a newer Parley: it is at migration ${name} of Parley ${version ?? '(version not recorded)'}, ` +
      `and this is Parley ${VERSION}, whose newest is ${migrations.at(-1)?.name ?? 'none'}. ` +
      'Start the newer version, or restore the backup from before the upgrade (docs/OPERATIONS.md, "Upgrading")',
  );
}

function refuse(target: MigrationTarget, why: string, next = ''): never {
  throw new Error(`${target.description} ${why}. Nothing was changed.${next}`);
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
