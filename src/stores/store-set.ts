import type { BodyLengths } from '../ports/body-lengths.js';
import type { BodyReferences } from '../ports/body-references.js';
import type { BodyStore } from '../ports/body-store.js';
import type { ChangeLog } from '../ports/change-log.js';
import type { ChatStore } from '../ports/chat-store.js';
import type { Clock } from '../ports/clock.js';
import type { Failpoints } from '../ports/failpoints.js';
import type { StoreHealth } from '../ports/health.js';
import type { Inspection } from '../ports/inspection.js';
import type { Leases } from '../ports/leases.js';
import type { Logger } from '../ports/logger.js';
import type { MessageLog } from '../ports/message-log.js';
import type { OldBodyStore } from '../ports/old-body-store.js';
import type { UnreadableBodies } from '../ports/unreadable-bodies.js';
import type { UserStore } from '../ports/user-store.js';
import type { MysqlTarget } from './sql/dialects/mysql/pool.js';
import type { SqlDatabase, StatementHooks } from './sql/database.js';

/** Everything in one SQLite file. */
export interface EmbeddedOptions {
  readonly kind: 'embedded';
  /** Absolute; created if need be, and locked for life. */
  readonly dataDir: string;
  /** Absolute path of the SQLite file, directly in `dataDir`. */
  readonly file: string;
}

/** Metadata in MySQL or MariaDB, bodies in MongoDB. */
export interface SplitOptions {
  readonly kind: 'split';
  readonly mysql: MysqlTarget;
  readonly mongodb: { readonly url: string; readonly database: string };
  /** How long a start waits for databases that are still coming up. */
  readonly waitSeconds: number;
}

export type StorageOptions = EmbeddedOptions | SplitOptions;

/** For tests: statements of the SQL database, places to fail at, and times that are too long to wait for. */
export interface StoreHooks extends StatementHooks {
  readonly supersededGraceMs?: number;
  readonly failpoints?: Failpoints;
}

export interface StoreDeps extends StoreHooks {
  readonly clock: Clock;
  readonly logger: Logger;
}

/** `migrate`: up to the schema of this build, and created if need be. `examine`: just as they are, or not at all. */
export type Opening = 'migrate' | 'examine';

/** All stores of one data set, migrated and ready. */
export interface StoreSet {
  readonly kind: StorageOptions['kind'];
  readonly users: UserStore;
  readonly chats: ChatStore;
  readonly messages: MessageLog;
  readonly changes: ChangeLog;
  readonly bodies: BodyStore;
  readonly oldBodies: OldBodyStore;
  readonly lengths: BodyLengths;
  readonly references: BodyReferences;
  readonly leases: Leases;
  readonly inspection: Inspection;
  readonly unreadable: Pick<UnreadableBodies, 'figures'>;
  readonly health: StoreHealth;
  /** The seam below the stores, for what has no port of its own. */
  readonly sql: SqlDatabase;
  /** Random name of this data set; another one means that revs of before are worth nothing. */
  readonly epoch: string;
  /** For people: which databases, without how to log in. */
  describe(): string;
  /** Ends every connection and gives the data directory back; a second call does nothing. */
  close(): Promise<void>;
}
