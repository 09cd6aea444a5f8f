import type { User } from '../../domain/user.js';
import type { Clock } from '../../ports/clock.js';
import type { UserStore } from '../../ports/user-store.js';

/** Accounts as they were at most a second ago, for authentication, which asks for the same few with every request. */
export interface RecentUsers {
  find(id: number): Promise<User | null>;
  /** To be called when the account has changed here: the next `find` reads it. */
  forget(id: number): void;
}

/** How long a disabled account can go on here. Reading it anew for each request was a quarter of the cost of GET me. */
const FRESH_MS = 1_000;
/** Most accounts kept. */
const KEPT = 10_000;

interface Entry {
  readonly found: Promise<User | null>;
  readonly at: number;
}

/** `onDisabled` hears of every read that finds the account disabled or gone. */
export function createRecentUsers(
  users: Pick<UserStore, 'findById'>,
  clock: Clock,
  onDisabled: (userId: number) => void = () => undefined,
): RecentUsers {
  /** Oldest first. */
  const entries = new Map<number, Entry>();

  /** What is no longer fresh is worth nothing, and 10,000 sockets each came once. */
  function forgetOld(now: number): void {
    for (const [id, { at }] of entries) {
      if (entries.size <= KEPT && now - at < FRESH_MS) return;
      entries.delete(id);
    }
  }

  return {
    find(id) {
      const now = clock.monotonic();
      const known = entries.get(id);
      if (known !== undefined && now - known.at < FRESH_MS) return known.found;
      const entry = { found: users.findById(id), at: now };
      entries.delete(id);
      entries.set(id, entry);
      forgetOld(now);
      entry.found.then(
        (user) => {
          if (user?.isActive !== true) onDisabled(id);
        },
        // A failure is nobody else's answer.
        () => {
          if (entries.get(id) === entry) entries.delete(id);
        },
      );
      return entry.found;
    },
    forget(id) {
      entries.delete(id);
    },
  };
}
