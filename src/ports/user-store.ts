import type { User } from '../domain/user.js';

export interface NewUser {
  readonly username: string;
  readonly email: string;
  readonly fullName: string | null;
  /** As the password hasher returned it. */
  readonly hashedPassword: string;
  /** From where, as 16 bytes that name the network: known from the first moment. */
  readonly network?: Uint8Array;
}

/** An account as a login finds it. */
export interface LoginUser {
  readonly user: User;
  readonly hashedPassword: string;
  /** When somebody last logged in to it from the network that was asked about; null = never, as far as is remembered. */
  readonly lastLogin: Date | null;
}

export interface ProfileChange {
  readonly email?: string;
  /** null clears it; undefined leaves it. */
  readonly fullName?: string | null;
}

/**
 * Accounts.
 *
 * Guarantee: when a write resolves it is on disk. Uniqueness of usernames and e-mail addresses is decided by their
 * keys (domain/user-keys.ts), compared by bytes, the same on every store, also when two calls run at once.
 * Atomicity: each call is one unit; nothing is half done.
 * Errors: `username_taken`, `email_taken` where said; `unavailable` when the database cannot be reached in time.
 */
export interface UserStore {
  /** Throws `username_taken` or `email_taken` (username first when both are). */
  create(user: NewUser): Promise<User>;
  /** null: no such user. Inactive users are returned too; callers decide. */
  findById(id: number): Promise<User | null>;
  /** In ascending order of id; unknown ids are left out, so is every repeat. */
  findByIds(ids: readonly number[]): Promise<readonly User[]>;
  /** Which of the accounts are there and active. */
  activeAmong(ids: readonly number[]): Promise<ReadonlySet<number>>;
  /**
   * By username, or by e-mail address where the login holds an `@` (usernames cannot). One statement, whether the account
   * exists, knows the network (16 bytes that name it) or not. A username that has a key of its own (domain/user-keys.ts) is
   * found by its own spelling, which goes before the key that it looks like.
   */
  findByLogin(login: string, network?: Uint8Array): Promise<LoginUser | null>;
  /**
   * Somebody has logged in from this network. The newest 16 networks of each user are remembered; a network's time never moves
   * backwards. Nothing where there is no such user.
   */
  noteLogin(id: number, network: Uint8Array, at: Date): Promise<void>;
  /** null: no such user. Throws `email_taken`. */
  updateProfile(id: number, change: ProfileChange): Promise<User | null>;
  /** Replaces the stored value only while it still is `from`: a concurrent change of password wins. */
  replacePasswordHash(id: number, from: string, to: string): Promise<void>;
  /**
   * Active users whose username or full name contains `text` literally, without regard to case: first those whose username
   * begins with it, then the others, each by username. `%`, `_` and `\` are ordinary characters. Bounded: compares 2,000
   * names at most, and never reads all accounts; where more could contain the text, the usernames that begin with it come
   * first all the same, and of the others the accounts of longest standing are looked at.
   */
  search(text: string, limit: number): Promise<readonly User[]>;
  /** True while there is no account at all. */
  isEmpty(): Promise<boolean>;
  /** Written behind the requests; never moves backwards, a lost call costs nothing but freshness. */
  touchLastSeen(seen: readonly { readonly userId: number; readonly at: Date }[]): Promise<void>;
}
