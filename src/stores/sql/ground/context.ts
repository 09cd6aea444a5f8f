import { AppError } from '../../../domain/errors.js';
import { Running } from '../../../domain/running.js';
import type { Body, BodyStore } from '../../../ports/body-store.js';
import type { Clock } from '../../../ports/clock.js';
import { NO_FAILPOINTS, type Failpoint, type Failpoints } from '../../../ports/failpoints.js';
import type { Logger } from '../../../ports/logger.js';
import type { UnreadableBodies } from '../../../ports/unreadable-bodies.js';
import type { SqlDatabase, Statement } from '../database.js';
import { createUnreadableBodies } from './unreadable.js';

/** What the repositories of chats and messages need beside the database and the bodies. */
export interface RepositoryDeps {
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'warn'>;
  /** How long a superseded body stays readable before it is due for erasing; 24 hours where not given. */
  readonly supersededGraceMs?: number;
  /** None where not given. */
  readonly failpoints?: Failpoints;
  /** Shared by all repositories of a process; one of its own where not given. */
  readonly unreadable?: UnreadableBodies;
  /**
   * What is still being tidied up behind answers that did not wait for it: bodies that no row names. All of it may be lost,
   * because the sweeper finds them later. Awaited before the stores are closed; one of its own where not given.
   */
  readonly afterwork?: Running;
  /** Where bodies lie in the same database as rows: what writes those of a batch in the transaction of its rows. */
  readonly bodiesWithRows?: (bodies: readonly Body[]) => Statement;
}

export interface RepositoryContext extends RepositoryDeps {
  readonly sql: SqlDatabase;
  readonly bodies: BodyStore;
  readonly failpoints: Failpoints;
  readonly unreadable: UnreadableBodies;
  readonly afterwork: Running;
  /** False in production, where the places between the statements of one packet do not exist. */
  readonly hasFailpoints: boolean;
}

export function repositoryContext(sql: SqlDatabase, bodies: BodyStore, deps: RepositoryDeps): RepositoryContext {
  const { failpoints = NO_FAILPOINTS, unreadable = createUnreadableBodies(deps), afterwork = new Running() } = deps;
  return { sql, bodies, ...deps, failpoints, unreadable, afterwork, hasFailpoints: failpoints !== NO_FAILPOINTS };
}

/** Fails like a store that is away where a fault test wants the step behind this place to fail. */
export async function reach({ failpoints }: RepositoryContext, name: Failpoint): Promise<void> {
  try {
    await failpoints.hit(name);
  } catch (error) {
    throw error instanceof AppError ? error : new AppError('unavailable', { cause: error });
  }
}
