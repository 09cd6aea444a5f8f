/** What the process was told, typed and checked. Optional parts are `null` or a union, never a bag of flags. */
export interface Settings {
  /** NODE_ENV=production: the rules for secrets and DEBUG are strict. */
  readonly production: boolean;
  readonly debug: boolean;
  readonly server: ServerSettings;
  readonly storage: StorageSettings;
  /** Absolute. Holds the embedded database, the lock file and a generated secret key. */
  readonly dataDir: string;
  readonly identity: IdentitySettings;
  readonly throttles: ThrottleSettings;
  readonly rates: RateSettings;
  readonly sockets: SocketSettings;
  readonly log: LogSettings;
}

export interface ServerSettings {
  readonly host: string;
  /** 0 = any free port. */
  readonly port: number;
  /** A second, plain HTTP listener for gateways; null = none. */
  readonly httpPort: number | null;
  readonly listener: 'auto' | 'uws' | 'node';
  /** Addresses and CIDR ranges whose X-Forwarded-For is believed. */
  readonly trustedProxies: readonly string[];
  /** Exact origins, as browsers send them. */
  readonly corsOrigins: readonly string[];
  /** For a request's headers and body to arrive; 0 = no limit. */
  readonly requestTimeoutMs: number;
  /** For a handler to answer before 503; 0 = no limit. */
  readonly handlerTimeoutMs: number;
  /** What operators read GET /api/v1/stats with; null = there is no such address. */
  readonly statsToken: string | null;
}

export type StorageSettings = EmbeddedStorage | SplitStorage;

export interface EmbeddedStorage {
  readonly kind: 'embedded';
  readonly dataDir: string;
  /** Absolute path of the SQLite file. */
  readonly file: string;
}

export interface SplitStorage {
  readonly kind: 'split';
  readonly mysql: {
    readonly host: string;
    readonly port: number;
    readonly user: string;
    readonly password: string;
    readonly database: string;
    readonly poolSize: number;
  };
  readonly mongodb: { readonly url: string; readonly database: string };
  /** How long start-up waits for databases that are still coming up. */
  readonly waitSeconds: number;
}

export interface IdentitySettings {
  /** null: embedded storage makes one once and keeps it in the data directory. */
  readonly secretKey: string | null;
  readonly accessTokenMinutes: number;
  readonly bcryptCost: number;
  /** UTF-16 units; see protocol/limits.ts for the upper end. */
  readonly passwordMinLength: number;
}

/** Per hour where nothing else is said; 0 = off. */
export interface ThrottleSettings {
  readonly registerPerAddress: number;
  /** Wrong passwords. */
  readonly loginPerAddress: number;
  /** Wrong passwords from one address; with more of them from all addresses together, strangers to the account wait. */
  readonly loginPerAccount: number;
  /** Addresses that one account tries to take, in a day. */
  readonly emailChangesPerDay: number;
}

/** So many calls, or bytes of text, in a window that opens with the first. */
export interface RateSetting {
  readonly most: number;
  readonly of: 'calls' | 'bytes';
  readonly windowMs: number;
}

/** What one user may have done of each kind of work (ports/limiter.ts); none = off. */
export type RateSettings = Readonly<
  Record<'send' | 'edit' | 'create_chat' | 'add_people' | 'read' | 'search' | 'changes', readonly RateSetting[]>
>;

/** 0 = off where a number bounds a client's rate or count. */
export interface SocketSettings {
  readonly framesPerSecond: number;
  readonly socketsPerUser: number;
  /** Bytes queued for one socket before it counts as too slow. */
  readonly maxQueuedBytes: number;
  /** How long a queue may stay non-empty before its socket is closed. */
  readonly slowReaderMs: number;
  /** For a socket to prove who it is. */
  readonly authenticateMs: number;
  /** Sockets of this process that have not proved it yet. */
  readonly maxUnauthenticated: number;
  /** Without any byte from the peer, pongs included. */
  readonly idleTimeoutMs: number;
  /** Between two comparisons of the local chats with the store; 0 = every five seconds, without heartbeat frames. */
  readonly heartbeatMs: number;
  /** Objects of one resume; more are `resync_required`. */
  readonly resumeMaxItems: number;
}

export interface LogSettings {
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** `pretty` for a terminal, `json` (one event per line) for everything else. */
  readonly format: 'pretty' | 'json';
}

/** One thing wrong with the environment; the sentence never holds the value. */
export interface SettingProblem {
  readonly name: string;
  readonly problem: string;
}

export type ParsedSettings =
  | { readonly ok: true; readonly settings: Settings; readonly warnings: readonly SettingProblem[] }
  | {
      readonly ok: false;
      readonly problems: readonly SettingProblem[];
      /** What would not refuse the start by itself. */
      readonly warnings: readonly SettingProblem[];
    };
