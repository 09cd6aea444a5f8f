import type { Clock } from '../ports/clock.js';
import type { LoginAttempt, LoginGuard, Refusal } from '../ports/login-guard.js';
import type { Counted } from '../ports/throttle.js';
import { Failures } from './failures.js';
import { rateLimited } from './retry-after.js';
import { shortKey } from './short-key.js';
import { ShortMemory } from './short-memory.js';

export interface LoginGuardOptions {
  /** Wrong passwords for one account from one network in an hour; from more of them all networks together slow down. 0 = off. */
  readonly perAccount: number;
  /** Wrong passwords from one network in an hour, for whatever accounts. 0 = off. */
  readonly perNetwork: number;
  readonly clock: Clock;
  /** Of each kind. */
  readonly maxKeys?: number;
}

/** The first wait of a network that an attacked account does not know; each failure more, from wherever, doubles it. */
const FIRST_WAIT_MS = 1_000;
/** As long as somebody waits who comes home to an account under attack, once; a network gets twelve guesses an hour. */
const MAX_WAIT_MS = 300_000;

/** A key whose failures are bounded, of one of the two kinds. */
interface Bounded {
  readonly of: Failures;
  readonly key: string;
  readonly most: number;
}

export function createLoginGuard(options: LoginGuardOptions): LoginGuard {
  const { perAccount, perNetwork, clock, maxKeys = 100_000 } = options;
  const pairs = new Failures(clock, maxKeys);
  const networks = new Failures(clock, maxKeys);
  const accounts = new Failures(clock, maxKeys);
  /** Until when a network has to wait for an attacked account; what is told once is not made longer. */
  const waits = new ShortMemory<number>(clock, maxKeys);

  return {
    attempt(account, counted) {
      const who = shortKey(account);
      const ofPairs = bounds(pairs, perAccount, counted, (key) => `${who} ${key}`);
      const ofNetworks = bounds(networks, perNetwork, counted, (key) => key);
      const own = ofPairs.slice(0, 1);
      const slowing = perAccount === 0 ? null : new Slowing(accounts, waits, clock, who, own[0]?.key ?? '', perAccount);
      return new Attempt(own, ofPairs, ofNetworks, slowing);
    },
  };
}

function bounds(
  of: Failures,
  points: number,
  counted: readonly Counted[],
  name: (key: string) => string,
): readonly Bounded[] {
  return points === 0 ? [] : counted.map(({ key, factor }) => ({ of, key: name(key), most: points * factor }));
}

/** Slows down guessing at one account from many networks. */
class Slowing {
  constructor(
    private readonly accounts: Failures,
    private readonly waits: ShortMemory<number>,
    private readonly clock: Clock,
    private readonly account: string,
    private readonly pair: string,
    private readonly most: number,
  ) {}

  /** Milliseconds that this network still has to wait. The first to ask is told, and counts on it. */
  wait(): number {
    const failures = this.accounts.count(this.account);
    if (failures < this.most) return 0;
    const now = this.clock.monotonic();
    const told = this.waits.get(this.pair);
    return Math.max(0, (told?.value ?? this.tell(failures, now)) - now);
  }

  /** Whether the looks under way could reach the number from which networks wait. */
  isAtEdge(): boolean {
    const failures = this.accounts.count(this.account);
    return failures < this.most && failures + this.accounts.underWay(this.account) >= this.most;
  }

  begin(): void {
    this.accounts.begin(this.account);
  }

  end(isFailure: boolean): void {
    this.accounts.end(this.account);
    if (!isFailure) return;
    this.accounts.add(this.account);
    const failures = this.accounts.count(this.account);
    if (failures >= this.most) this.tell(failures, this.clock.monotonic());
  }

  private tell(failures: number, now: number): number {
    const until = now + Math.min(FIRST_WAIT_MS * 2 ** (failures - this.most), MAX_WAIT_MS);
    this.waits.set(this.pair, until, until + MAX_WAIT_MS);
    return until;
  }
}

class Attempt implements LoginAttempt {
  private hasBegun = false;

  /** `own`: the account in the narrowest network, of which nothing excepts; one of the pairs of account and network. */
  constructor(
    private readonly own: readonly Bounded[],
    private readonly pairs: readonly Bounded[],
    private readonly networks: readonly Bounded[],
    private readonly slowing: Slowing | null,
  ) {}

  check(): void {
    const ms = waitOf(this.own);
    if (ms > 0) throw rateLimited(ms);
  }

  refusal(): Refusal | null {
    const ofNetwork = waitOf(this.networks);
    const ms = Math.max(ofNetwork, waitOf(this.pairs), this.slowing?.wait() ?? 0);
    return ms > 0 ? { error: rateLimited(ms), ofNetwork: ofNetwork > 0 } : null;
  }

  begin(known: boolean): boolean {
    this.check();
    const refusal = known ? null : this.refusal();
    if (refusal !== null) throw refusal.error;
    const all = [...this.pairs, ...this.networks];
    const judged = known ? this.own : all;
    if (judged.some(({ of, key, most }) => of.count(key) + of.underWay(key) >= most)) return false;
    if (!known && this.slowing?.isAtEdge() === true) return false;
    for (const { of, key } of all) of.begin(key);
    this.slowing?.begin();
    this.hasBegun = true;
    return true;
  }

  end(isRight: boolean | null): void {
    if (!this.hasBegun) return;
    this.hasBegun = false;
    for (const { of, key } of [...this.pairs, ...this.networks]) {
      of.end(key);
      if (isRight === false) of.add(key);
    }
    this.slowing?.end(isRight === false);
  }
}

/** The longest time until all of them have room again; 0 = they have. */
function waitOf(bounded: readonly Bounded[]): number {
  const full = bounded.filter(({ of, key, most }) => of.count(key) >= most);
  return Math.max(0, ...full.map(({ of, key }) => of.remaining(key)));
}
