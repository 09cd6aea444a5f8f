import type { Clock } from '../../ports/clock.js';
import type { Logger } from '../../ports/logger.js';
import type { UserStore } from '../../ports/user-store.js';

export interface LastSeen {
  /** Costs a map entry; never touches a store on the request path. */
  note(userId: number): void;
  start(): void;
  /** Writes what has been noted so far. */
  flush(): Promise<void>;
  stop(): Promise<void>;
}

/** Freshness of `last_seen`: each user is written at most once in this time. */
const INTERVAL_MS = 60_000;

export function createLastSeen(deps: {
  readonly users: Pick<UserStore, 'touchLastSeen'>;
  readonly clock: Clock;
  readonly logger: Logger;
}): LastSeen {
  /** Milliseconds of the epoch, by user. */
  let seen = new Map<number, number>();
  let timer: NodeJS.Timeout | null = null;

  async function flush(): Promise<void> {
    if (seen.size === 0) return;
    const batch = seen;
    seen = new Map();
    try {
      await deps.users.touchLastSeen(Array.from(batch, ([userId, at]) => ({ userId, at: new Date(at) })));
    } catch (error) {
      deps.logger.warn({ err: error, users: batch.size }, 'last_seen could not be written; the next visit writes it');
    }
  }

  return {
    note(userId) {
      seen.set(userId, deps.clock.now());
    },
    start() {
      timer ??= setInterval(() => void flush(), INTERVAL_MS).unref();
    },
    flush,
    async stop() {
      if (timer !== null) clearInterval(timer);
      timer = null;
      await flush();
    },
  };
}
