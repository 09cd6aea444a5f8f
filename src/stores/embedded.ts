import { access } from 'node:fs/promises';
import { basename } from 'node:path';
import { lockDataDir, type DataDirLock } from './data-dir.js';
import { namingDataDir } from './data-folder.js';
import { createEmbeddedHealth } from './health.js';
import { makePrivate } from './private-files.js';
import { openSqlite } from './sql/dialects/sqlite/index.js';
import { looksLikeDriverError } from './sql/errors.js';
import { expectMigrated, migrate } from './sql/migrate.js';
import { loadMigrations } from './sql/migrations/load.js';
import { sqliteMigrationTarget } from './sql/migrations/sqlite.js';
import { createSqlStores, reportStep } from './sql-stores.js';
import { upgradeUsernames } from './sql/upgrades/usernames.js';
import { bodyInsertion, createSqliteBodyStore } from './sqlite/body-store.js';
import type { EmbeddedOptions, Opening, StoreDeps, StoreSet } from './store-set.js';

/** SQLite for everything, in a directory that is this process's own. */
export async function openEmbedded(options: EmbeddedOptions, deps: StoreDeps, opening: Opening): Promise<StoreSet> {
  if (opening === 'examine') await expectFile(options.file);
  const lock = await lockFor(options, deps);
  try {
    await migrateFile(options.file, deps, opening);
    const sql = await naming(options.file, () => openSqlite({ file: options.file, clock: deps.clock }, deps));
    const bodies = createSqliteBodyStore(sql);
    let closing: Promise<void> | null = null;
    return {
      kind: 'embedded',
      // One fsync for a batch instead of two: bodies lie in the same file.
      ...(await createSqlStores(sql, bodies, { ...deps, bodiesWithRows: bodyInsertion }, opening)),
      health: createEmbeddedHealth(sql),
      describe: () => `embedded SQLite, ${options.file}`,
      close() {
        closing ??= sql.close().finally(() => lock.release());
        return closing;
      },
    };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

export async function migrateEmbedded(options: EmbeddedOptions, deps: StoreDeps): Promise<number> {
  const lock = await lockFor(options, deps);
  try {
    const statements = await migrateFile(options.file, deps, 'migrate');
    const sql = await naming(options.file, () => openSqlite({ file: options.file, clock: deps.clock }, deps));
    await upgradeUsernames(sql, deps).finally(() => sql.close());
    return statements;
  } finally {
    await lock.release();
  }
}

/**
 * Rejects, as opening to examine does, where there is no database or its schema is another version's. Takes no lock: a server may
 * run on the directory.
 */
export async function expectEmbedded({ file }: EmbeddedOptions, deps: StoreDeps): Promise<void> {
  await expectFile(file);
  await migrateFile(file, deps, 'examine');
}

async function lockFor({ dataDir, file }: EmbeddedOptions, { logger }: StoreDeps): Promise<DataDirLock> {
  const lock = await lockDataDir(dataDir, basename(file));
  try {
    for (const warning of [...lock.warnings, ...(await namingDataDir(dataDir, () => makePrivate(file)))])
      logger.warn({}, warning);
    return lock;
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** Before the directory is locked, which would create it. */
async function expectFile(file: string): Promise<void> {
  await access(file).catch((error: unknown) => {
    throw new Error(
      `There is no database at ${file}. Nothing was changed. ` +
        'Check DATA_DIR; where the data lies in MySQL and MongoDB, check that their settings are given',
      { cause: error },
    );
  });
}

/** SQLite's own errors do not say which file they are about; whoever has to mend it wants to know. */
async function naming<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!looksLikeDriverError(error)) throw error;
    throw new Error(`The database ${file} cannot be used`, { cause: error });
  }
}

function migrateFile(file: string, deps: StoreDeps, opening: Opening): Promise<number> {
  return naming(file, () => migrateOpened(file, deps, opening));
}

async function migrateOpened(file: string, deps: StoreDeps, opening: Opening): Promise<number> {
  const target = await sqliteMigrationTarget(file);
  try {
    const migrations = await loadMigrations('sqlite');
    if (opening === 'migrate') return await migrate(target, migrations, reportStep(deps.logger));
    await expectMigrated(target, migrations);
    return 0;
  } finally {
    await target.close();
  }
}
