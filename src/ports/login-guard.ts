import type { AppError } from '../domain/errors.js';
import type { Counted } from './throttle.js';

/**
 * Bounds wrong passwords, and nothing but them: a right one, a full queue or a database that is away costs nobody
 * anything.
 *
 * Counted per account in one network, and per network (for IPv6 per each of its networks, the wider with more room): so many in an
 * hour from the first one, then none until the hour is over. Failures at one account from all networks together only make those
 * wait whom the account does not know, longer the more there are. So nobody can lock somebody out of a network from which that
 * person has logged in, but from that very network.
 *
 * Accounts are what was typed as one, whether it exists or not. Memory only, in this process: a restart forgives.
 */
export interface LoginGuard {
  attempt(account: string, networks: readonly Counted[]): LoginAttempt;
}

/** What stands against an attempt. */
export interface Refusal {
  /** `rate_limited`. */
  readonly error: AppError;
  /** Whether it is about the network, whatever the account. */
  readonly ofNetwork: boolean;
}

/** One login. `begin` and `end` surround the look at the password. */
export interface LoginAttempt {
  /** Throws `rate_limited` where the account may not be tried again from this network, whoever asks. */
  check(): void;
  /**
   * What stands against the attempt where the account does not know the network; null = nothing. Its Retry-After is a
   * promise: whoever comes back then is let through by this guard.
   */
  refusal(): Refusal | null;
  /**
   * Reserves the failure that this may become. False = only the outcome of others that are being looked at can tell whether
   * there is room; ask again after one of them. Throws `rate_limited` as the two above do.
   */
  begin(known: boolean): boolean;
  /** The password was looked at, with this outcome; null = it was not, after all. Nothing without a `begin`. */
  end(isRight: boolean | null): void;
}
