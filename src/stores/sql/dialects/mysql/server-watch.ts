import type { ServerSession } from './setup.js';

/** A pooled connection as the watch sees it; times are of one monotonic clock, in milliseconds. */
export interface Watched {
  readonly session: ServerSession;
  readonly since: number;
  /** When the server was last asked whether it takes writes. */
  readonly askedAt: number;
}

/** No connection is replaced or asked more often: a server that stays read-only is not stormed by those who read. */
const REST_MS = 1_000;
/** Longer than a pooled connection lives unused (pool.ts). */
const REMEMBER_MS = 60_000;

/**
 * Which servers the pooled connections lead to. After a fail-over the server of before is often alive and read-only:
 * connections to it would answer every write with an error, and reads with what was true then. So an error that says so
 * (lost-servers.ts) makes all connections to that server suspect, the idle ones too, and so does a new connection that
 * leads to another server. Suspects are asked before they are used, and dropped where they take no writes. Where
 * several servers take writes at once (Galera), asking is all that happens.
 */
export class ServerWatch {
  #latest: string | null = null;
  readonly #lost = new Map<string, number>();

  /** A connection was made just now. */
  opened({ server, isReadOnly }: ServerSession): void {
    if (!isReadOnly) this.#latest = server;
  }

  /** A connection said that it leads to the wrong server, or to a failing one. */
  lost({ server }: ServerSession, now: number): void {
    this.#lost.set(server, now);
  }

  /** What is to be done with a connection before somebody gets it. */
  judge({ session: { server }, since, askedAt }: Watched, now: number): 'use' | 'ask' | 'drop' {
    const lostAt = this.#lost.get(server);
    if (lostAt !== undefined && now - lostAt > REMEMBER_MS) this.#lost.delete(server);
    else if (lostAt !== undefined && since < lostAt && now - since > REST_MS) return 'drop';
    const isSuspect = this.#lost.has(server) || (this.#latest !== null && this.#latest !== server);
    return isSuspect && now - askedAt > REST_MS ? 'ask' : 'use';
  }
}
