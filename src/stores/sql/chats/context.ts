import type { BodyStore } from '../../../ports/body-store.js';
import type { Clock } from '../../../ports/clock.js';
import { NO_FAILPOINTS, type Failpoints } from '../../../ports/failpoints.js';
import type { Logger } from '../../../ports/logger.js';
import type { SqlDatabase } from '../database.js';

/** What the repositories of chats and messages need beside the database and the bodies. */
export interface RepositoryDeps {
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'warn'>;
  /** How long a superseded body stays readable before it is due for erasing; 24 hours where not given. */
  readonly supersededGraceMs?: number;
  /** None where not given. */
  readonly failpoints?: Failpoints;
}

export interface RepositoryContext extends RepositoryDeps {
  readonly sql: SqlDatabase;
  readonly bodies: BodyStore;
  readonly failpoints: Failpoints;
}

export function repositoryContext(sql: SqlDatabase, bodies: BodyStore, deps: RepositoryDeps): RepositoryContext {
  return { sql, bodies, ...deps, failpoints: deps.failpoints ?? NO_FAILPOINTS };
}
