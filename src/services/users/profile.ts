import { AppError } from '../../domain/errors.js';
import type { Identity, User } from '../../domain/user.js';
import { emailKey } from '../../domain/user-keys.js';
import type { Throttle } from '../../ports/throttle.js';
import type { ProfileChange, UserStore } from '../../ports/user-store.js';
import { LIMITS } from '../../protocol/limits.js';
import { unlessUnavailable } from './attempts.js';
import type { RecentUsers } from './recent-users.js';

export async function getUser(users: UserStore, userId: number): Promise<User> {
  const user = await users.findById(userId);
  if (user === null) throw new AppError('user_not_found');
  return user;
}

/** As authentication has just read it: no second look at the store. */
export async function me({ recentUsers }: { readonly recentUsers: RecentUsers }, actor: Identity): Promise<User> {
  const user = await recentUsers.find(actor.userId);
  if (user === null) throw new AppError('user_not_found');
  return user;
}

export interface ProfileDeps {
  readonly users: UserStore;
  readonly recentUsers: RecentUsers;
  readonly throttles: { readonly emailPerAccount: Throttle };
}

/**
 * Whether an address has an account shows in the answer to whoever wants it as their own. So each that is not the own one
 * already counts, taken or not.
 */
export async function updateMe(deps: ProfileDeps, actor: Identity, change: ProfileChange): Promise<User> {
  const write = () => writeProfile(deps, actor, change);
  if (change.email === undefined) return write();
  const { email } = await me(deps, actor);
  if (emailKey(email) === emailKey(change.email)) return write();
  return unlessUnavailable(deps.throttles.emailPerAccount, [{ key: String(actor.userId), factor: 1 }], write);
}

async function writeProfile(
  { users, recentUsers }: ProfileDeps,
  actor: Identity,
  change: ProfileChange,
): Promise<User> {
  try {
    const user = await users.updateProfile(actor.userId, change).finally(() => recentUsers.forget(actor.userId));
    if (user === null) throw new AppError('user_not_found');
    return user;
  } catch (error) {
    // The earlier backend words the same refusal differently here than at registration, and its clients read the sentence.
    if (error instanceof AppError && error.code === 'email_taken') {
      throw new AppError('email_taken', { detail: 'Email already registered' });
    }
    throw error;
  }
}

export async function searchUsers(users: UserStore, query: string, limit: number): Promise<readonly User[]> {
  if (Array.from(query).length < LIMITS.searchQueryMin) throw new AppError('query_too_short');
  return users.search(query, limit);
}
