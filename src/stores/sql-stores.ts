import type { BodyStore } from '../ports/body-store.js';
import type { Logger } from '../ports/logger.js';
import type { Opening, StoreDeps, StoreSet } from './store-set.js';
import { createBodyLengths } from './sql/integrity/body-lengths.js';
import { createChangeLog } from './sql/changes/index.js';
import type { RepositoryDeps } from './sql/ground/context.js';
import { createChatStore } from './sql/chats/index.js';
import type { SqlDatabase } from './sql/database.js';
import { ensureEpoch, knownEpoch } from './sql/data-set.js';
import { createBodyReferences } from './sql/integrity/body-references.js';
import { createInspection } from './sql/integrity/inspection.js';
import { createLeases } from './sql/leases.js';
import { createMessageLog } from './sql/messages/index.js';
import { createUnreadableBodies } from './sql/ground/unreadable.js';
import type { MigrationStep } from './sql/migrate.js';
import { createOldBodyStore } from './sql/old-bodies.js';
import { upgradeUsernames } from './sql/upgrades/usernames.js';
import { createUserStore } from './sql/users/index.js';

type SqlStores = Omit<StoreSet, 'kind' | 'health' | 'describe' | 'close'>;

/** The stores that are the same over every SQL dialect and every place for bodies. */
export async function createSqlStores(
  sql: SqlDatabase,
  bodies: BodyStore,
  deps: StoreDeps & Pick<RepositoryDeps, 'bodiesWithRows' | 'afterwork'>,
  opening: Opening,
): Promise<SqlStores> {
  const epoch = opening === 'migrate' ? await ensureEpoch(sql, deps.clock) : await knownEpoch(sql);
  if (opening === 'migrate') await upgradeUsernames(sql, deps);
  const unreadable = createUnreadableBodies(deps);
  const shared = { ...deps, unreadable };
  return {
    users: createUserStore(sql, deps),
    chats: createChatStore(sql, bodies, shared),
    messages: createMessageLog(sql, bodies, shared),
    changes: createChangeLog(sql, bodies, { ...shared, epoch }),
    bodies,
    oldBodies: createOldBodyStore(sql),
    lengths: createBodyLengths(sql),
    references: createBodyReferences(sql),
    leases: createLeases(sql),
    inspection: createInspection(sql),
    unreadable,
    sql,
    epoch,
  };
}

/** Says once that the schema is being changed, and each step to those who look: a large table takes its time. */
export function reportStep(logger: Logger): (step: MigrationStep) => void {
  return ({ name, number, of }) => {
    if (number === 1) logger.info({ statements: of }, 'changing the database schema');
    logger.debug({ migration: name, number, of }, 'changing the database schema');
  };
}
