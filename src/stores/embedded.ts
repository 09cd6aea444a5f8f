import { lockDataDir } from './data-dir.js';
import { createEmbeddedHealth } from './health.js';
import { openSqlite } from './sql/dialects/sqlite.js';
import { migrate } from './sql/migrate.js';
import { loadMigrations } from './sql/migrations/load.js';
import { sqliteMigrationTarget } from './sql/migrations/sqlite.js';
import { createSqlStores, reportStep } from './sql/stores.js';
import { bodyInsertion, createSqliteBodyStore } from './sqlite/body-store.js';
import type { EmbeddedOptions, StoreDeps, StoreSet } from './store-set.js';

/** SQLite for everything, in a directory that is this process's own. */
export async function openEmbedded(options: EmbeddedOptions, deps: StoreDeps): Promise<StoreSet> {
  const lock = await lockDataDir(options.dataDir);
  try {
    await migrateFile(options.file, deps);
    const sql = await openSqlite({ file: options.file, clock: deps.clock }, deps);
    const bodies = createSqliteBodyStore(sql);
    let closing: Promise<void> | null = null;
    return {
      kind: 'embedded',
      // One fsync for a batch instead of two: bodies lie in the same file.
      ...(await createSqlStores(sql, bodies, { ...deps, bodiesWithRows: bodyInsertion })),
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
  const lock = await lockDataDir(options.dataDir);
  try {
    return await migrateFile(options.file, deps);
  } finally {
    await lock.release();
  }
}

async function migrateFile(file: string, deps: StoreDeps): Promise<number> {
  const target = await sqliteMigrationTarget(file);
  try {
    return await migrate(target, await loadMigrations('sqlite'), reportStep(deps.logger));
  } finally {
    await target.close();
  }
}
