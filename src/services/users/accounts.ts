import { AppError } from '../../domain/errors.js';
import type { Identity, User } from '../../domain/user.js';
import type { Logger } from '../../ports/logger.js';
import type { PasswordHasher } from '../../ports/password-hasher.js';
import type { Throttle } from '../../ports/throttle.js';
import type { TokenService } from '../../ports/token-service.js';
import type { UserStore } from '../../ports/user-store.js';
import { throttleKeyOf } from '../../domain/client-address.js';
import { emailKey, usernameKey } from '../../domain/user-keys.js';
import type { AccessToken, Origin, Services } from '../services.js';
import type { LastSeen } from './last-seen.js';
import type { RecentUsers } from './recent-users.js';

export interface AccountDeps {
  readonly users: UserStore;
  readonly hasher: PasswordHasher;
  readonly tokens: TokenService;
  readonly lastSeen: LastSeen;
  readonly recentUsers: RecentUsers;
  readonly logger: Logger;
  readonly throttles: {
    readonly registerPerAddress: Throttle;
    readonly loginPerAddress: Throttle;
    readonly loginPerAccount: Throttle;
  };
}

/** Hashing comes after the throttle: nobody makes the server hash without spending an attempt. */
export async function register(
  deps: AccountDeps,
  input: Parameters<Services['users']['register']>[0],
  origin: Origin,
): Promise<{ user: User; access: AccessToken }> {
  await deps.throttles.registerPerAddress.consume(throttleKeyOf(origin.address));
  const hashedPassword = await deps.hasher.hash(input.password);
  const { username, email, fullName } = input;
  const user = await deps.users.create({ username, email, fullName, hashedPassword });
  return { user, access: deps.tokens.issue(user.id) };
}

/**
 * Every failure is the same answer after the same work, so that nobody learns which accounts exist. A success gives its
 * attempts back: only failures use a throttle up.
 */
export async function login(
  deps: AccountDeps,
  input: Parameters<Services['users']['login']>[0],
  origin: Origin,
): Promise<AccessToken> {
  const { loginPerAddress, loginPerAccount } = deps.throttles;
  const addressKey = throttleKeyOf(origin.address);
  const accountKey = input.username.includes('@') ? emailKey(input.username) : usernameKey(input.username);
  await loginPerAddress.consume(addressKey);
  await loginPerAccount.consume(accountKey);

  const found = await deps.users.findByLogin(input.username);
  const { ok, needsRehash } = await deps.hasher.verify(input.password, found?.hashedPassword ?? null);
  if (found === null || !ok || !found.user.isActive) throw new AppError('wrong_credentials');

  await Promise.all([loginPerAddress.reward(addressKey), loginPerAccount.reward(accountKey)]);
  if (needsRehash) await renewHash(deps, found.user.id, found.hashedPassword, input.password);
  return deps.tokens.issue(found.user.id);
}

/** Best effort: the password was right, and the next login tries again. */
async function renewHash(deps: AccountDeps, userId: number, from: string, password: string): Promise<void> {
  try {
    await deps.users.replacePasswordHash(userId, from, await deps.hasher.hash(password));
  } catch (error) {
    deps.logger.warn({ err: error, userId }, 'a password hash could not be renewed');
  }
}

/** A token is worth nothing once its user is gone or disabled (for a second at most), however long it still lives. */
export async function authenticate(deps: AccountDeps, token: string): Promise<Identity> {
  const { userId, expiresAt } = deps.tokens.verify(token);
  const user = await deps.recentUsers.find(userId);
  if (user === null || !user.isActive) throw new AppError('not_authenticated');
  deps.lastSeen.note(userId);
  return { userId, username: user.username, expiresAt };
}
