import type { BodyStore } from '../ports/body-store.js';
import { atMost } from '../domain/patience.js';
import { Running } from '../domain/running.js';
import { createSplitHealth } from './health.js';
import { createMongoBodyStore } from './mongo/body-store.js';
import { createMongoClient, expectMongoUrl } from './mongo/client.js';
import { explainMongo, hostsIn } from './mongo/errors.js';
import { openMysql } from './sql/dialects/mysql/index.js';
import { explainMysql } from './sql/dialects/mysql/obstacles.js';
import { durabilityWarnings } from './sql/durability.js';
import { expectMigrated, migrate } from './sql/migrate.js';
import { loadMigrations } from './sql/migrations/load.js';
import { mysqlMigrationTarget } from './sql/migrations/mysql.js';
import { createSqlStores, reportStep } from './sql-stores.js';
import { upgradeUsernames } from './sql/upgrades/usernames.js';
import type { Opening, SplitOptions, StoreDeps, StoreSet } from './store-set.js';
import { waitFor } from './wait-for.js';

/** A stop may take ten seconds in all; what is not removed by then is left to the sweeper. */
const AFTERWORK_MS = 1_000;

/** MySQL or MariaDB for metadata, MongoDB for bodies; waits for servers that are still coming up. */
export async function openSplit(options: SplitOptions, deps: StoreDeps, opening: Opening): Promise<StoreSet> {
  const { mysql, mongodb } = options;
  const deadline = deps.clock.monotonic() + options.waitSeconds * 1_000;
  await migrateMysql(options, deps, deadline, opening);
  const bodies = await openBodies(options, deps, deadline);
  const sql = openMysql(mysql, deps);
  const afterwork = new Running();
  let closing: Promise<void> | null = null;
  async function closeAll(): Promise<void> {
    await atMost(AFTERWORK_MS, afterwork.idle(), undefined);
    await Promise.all([bodies.close(), sql.close()]);
  }
  const close = (): Promise<void> => (closing ??= closeAll());
  try {
    const warnings = await durabilityWarnings(sql);
    for (const warning of warnings) deps.logger.warn({}, warning);
    return {
      kind: 'split',
      ...(await createSqlStores(sql, bodies, { ...deps, afterwork }, opening)),
      health: createSplitHealth(sql, bodies, warnings),
      describe: () =>
        `MySQL ${mysql.host}:${mysql.port}/${mysql.database} + MongoDB ${hostsIn(mongodb.url)}/${mongodb.database}`,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

export async function migrateSplit(options: SplitOptions, deps: StoreDeps): Promise<number> {
  const deadline = deps.clock.monotonic() + options.waitSeconds * 1_000;
  const statements = await migrateMysql(options, deps, deadline, 'migrate');
  const sql = openMysql(options.mysql, deps);
  await upgradeUsernames(sql, deps).finally(() => sql.close());
  return statements;
}

async function migrateMysql(
  { mysql }: SplitOptions,
  deps: StoreDeps,
  deadline: number,
  opening: Opening,
): Promise<number> {
  const target = await waitFor(deps, {
    what: `MySQL at ${mysql.host}:${mysql.port}`,
    deadline,
    attempt: () => mysqlMigrationTarget(mysql),
    explain: explainMysql,
  });
  try {
    const migrations = await loadMigrations('mysql');
    if (opening === 'migrate') return await migrate(target, migrations, reportStep(deps.logger));
    await expectMigrated(target, migrations);
    return 0;
  } finally {
    await target.close();
  }
}

async function openBodies({ mongodb }: SplitOptions, deps: StoreDeps, deadline: number): Promise<BodyStore> {
  expectMongoUrl(mongodb.url);
  return waitFor(deps, {
    what: `MongoDB at ${hostsIn(mongodb.url)}`,
    deadline,
    attempt: () => reachBodies(mongodb),
    explain: explainMongo,
  });
}

/** One client for each try: the driver closes one whose first connection failed, and it never connects again. */
async function reachBodies({ url, database }: SplitOptions['mongodb']): Promise<BodyStore> {
  const bodies = createMongoBodyStore(createMongoClient(url), database);
  try {
    await bodies.ping();
    return bodies;
  } catch (error) {
    // What a failed client has to say at its end is not why it could not be used.
    await bodies.close().catch(() => undefined);
    throw error;
  }
}
