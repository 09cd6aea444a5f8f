import { networksOf } from '../../domain/client-address.js';
import { AppError } from '../../domain/errors.js';
import type { Identity, User } from '../../domain/user.js';
import { emailKey, usernameKey } from '../../domain/user-keys.js';
import type { Clock } from '../../ports/clock.js';
import type { Logger } from '../../ports/logger.js';
import type { LoginGuard } from '../../ports/login-guard.js';
import type { PasswordHasher, HashTurn } from '../../ports/password-hasher.js';
import type { Throttle } from '../../ports/throttle.js';
import type { TokenService } from '../../ports/token-service.js';
import type { UserStore } from '../../ports/user-store.js';
import { isHighlyRestrictive } from '../../protocol/scripts.js';
import type { AccessToken, Origin, Services } from '../services.js';
import { unlessUnavailable } from './attempts.js';
import type { LastSeen } from './last-seen.js';
import type { RecentUsers } from './recent-users.js';

export interface AccountDeps {
  readonly users: UserStore;
  readonly hasher: PasswordHasher;
  readonly tokens: TokenService;
  readonly lastSeen: LastSeen;
  readonly recentUsers: RecentUsers;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly logins: LoginGuard;
  /** What a network is called in the store; nobody learns an address from it. */
  readonly networkName: (network: string) => Uint8Array;
  readonly throttles: {
    readonly registerPerAddress: Throttle;
    readonly emailPerAccount: Throttle;
  };
}

/** From where somebody has logged in is written down again after this long. */
const NETWORK_NOTED_MS = 24 * 3_600_000;

/** Hashing comes after the throttle: nobody makes the server hash without spending an attempt. */
export async function register(
  deps: AccountDeps,
  input: Parameters<Services['users']['register']>[0],
  origin: Origin,
): Promise<{ user: User; access: AccessToken }> {
  const networks = networksOf(origin.address);
  const [{ key: network }] = networks;
  const user = await unlessUnavailable(deps.throttles.registerPerAddress, networks, async () => {
    await refuseMixedScripts(deps.users, input.username);
    const hashedPassword = await deps.hasher.hash(input.password, { network, account: null, known: false });
    const { username, email, fullName } = input;
    return deps.users.create({ username, email, fullName, hashedPassword, network: deps.networkName(network) });
  });
  return { user, access: deps.tokens.issue(user.id) };
}

type FoundLogin = Awaited<ReturnType<UserStore['findByLogin']>>;

/**
 * Every failure is the same answer after the same work, so that nobody learns which accounts exist. Only a wrong password
 * is a failure, and it is counted before its answer leaves.
 *
 * Who has logged in from this network before is let in with the right password whatever strangers have done to the account
 * or the network. Where the network has failed too often, a wrong one gets the answer that others get there, after as long:
 * else its people could ask by the thousand who of them has which account.
 */
export async function login(
  deps: AccountDeps,
  input: Parameters<Services['users']['login']>[0],
  origin: Origin,
): Promise<AccessToken> {
  const networks = networksOf(origin.address);
  const [{ key: network }] = networks;
  const account = input.username.includes('@') ? emailKey(input.username) : usernameKey(input.username);
  const attempt = deps.logins.attempt(account, networks);
  attempt.check();

  const name = deps.networkName(network);
  const found = await deps.users.findByLogin(input.username, name);
  const known = found !== null && found.lastLogin !== null;
  const isActive = found?.user.isActive === true;
  const refusal = attempt.refusal();
  const turn = { network, account, known };
  if (refusal !== null && !known) {
    if (refusal.ofNetwork) await deps.hasher.pretend(input.password, turn);
    throw refusal.error;
  }
  const { ok, needsRehash } = await deps.hasher.verify(input.password, found?.hashedPassword ?? null, {
    ...turn,
    begin: () => attempt.begin(known),
    end: (isRight) => attempt.end(isRight === null ? null : isRight && isActive),
  });
  if (found === null || !ok || !isActive) {
    throw refusal?.ofNetwork === true ? refusal.error : new AppError('wrong_credentials');
  }

  await noteNetwork(deps, found, name);
  if (needsRehash) await renewHash(deps, found, input.password, { ...turn, known: true });
  return deps.tokens.issue(found.user.id);
}

/** Best effort: at worst this network stays unknown until the next login. */
async function noteNetwork(deps: AccountDeps, found: NonNullable<FoundLogin>, network: Uint8Array): Promise<void> {
  const { user, lastLogin } = found;
  const now = deps.clock.now();
  if (lastLogin !== null && lastLogin.getTime() > now - NETWORK_NOTED_MS) return;
  try {
    await deps.users.noteLogin(user.id, network, new Date(now));
  } catch (error) {
    deps.logger.warn({ err: error, userId: user.id }, 'the network of a login could not be noted');
  }
}

/** Best effort: the password was right, and the next login tries again. */
async function renewHash(
  deps: AccountDeps,
  { user, hashedPassword }: NonNullable<FoundLogin>,
  password: string,
  turn: HashTurn,
): Promise<void> {
  try {
    await deps.users.replacePasswordHash(user.id, hashedPassword, await deps.hasher.hash(password, turn));
  } catch (error) {
    deps.logger.warn({ err: error, userId: user.id }, 'a password hash could not be renewed');
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

/**
 * Refuses a new username that mixes scripts, because no list of look-alikes is complete: `username_taken` where it looks like
 * somebody's, else `validation_failed`. Names of before may mix what they do, so this is no rule of what a username is.
 */
export async function refuseMixedScripts(users: UserStore, username: string): Promise<void> {
  if (isHighlyRestrictive(username)) return;
  if ((await users.findByLogin(username)) !== null) throw new AppError('username_taken');
  const message = 'Must not mix scripts, such as Latin with Cyrillic';
  throw new AppError('validation_failed', { errors: [{ path: 'username', code: 'mixed_scripts', message }] });
}
