import type { BodyStore } from '../../../ports/body-store.js';
import type { Clock } from '../../../ports/clock.js';
import type { Logger } from '../../../ports/logger.js';
import type { SqlDatabase } from '../database.js';

/** What the repositories of chats and messages need beside the database and the bodies. */
export interface RepositoryDeps {
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'warn'>;
  /** How long a superseded body stays readable before it is due for erasing; 24 hours where not given. */
  readonly supersededGraceMs?: number;
}

export interface RepositoryContext extends RepositoryDeps {
  readonly sql: SqlDatabase;
  readonly bodies: BodyStore;
}
