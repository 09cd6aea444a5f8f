import type { MayGiveUp } from '../../domain/fair-turns.js';
import type { Clock } from '../../ports/clock.js';

/** What a user may read on at once: a resume of 1,000 chats on two devices, or eight of the largest. */
const MOST = 64 * 1024 * 1024;
/** What comes back in a second: at this pace replays of one user take 3 % of an embedded server's time. */
const PER_SECOND = 2 * 1024 * 1024;
/** What a read costs that finds nothing to send. */
const READ = 32 * 1024;

interface Account {
  left: number;
  refilledAt: number;
  waiting: { readonly waiting: MayGiveUp; readonly resolve: () => void }[];
}

/**
 * How much of replays one user may ask for, over all of his sockets on this node. Turns keep a user from taking others'
 * time; this keeps him from taking all that nobody else needs, for ever. Who has used it up is not refused but waits:
 * replays go on at the pace at which it comes back.
 */
export class ReplayBudget {
  private readonly accounts = new Map<number, Account>();

  constructor(private readonly clock: Pick<Clock, 'monotonic'>) {}

  /** Users whose budget is not whole; nothing is kept of the others. */
  get users(): number {
    return this.accounts.size;
  }

  /** A read was made and gave this many bytes. They may be more than what is left: then the next read waits longer. */
  took(userId: number, bytes: number): void {
    this.accountOf(userId).left -= READ + bytes;
  }

  /** Resolves when something is left; also when it is not wanted any more. */
  room(userId: number, waiting: MayGiveUp): Promise<void> {
    const account = this.accounts.get(userId);
    if (account === undefined || this.refill(account) > 0) return Promise.resolve();
    waiting.onLine?.(true);
    return new Promise((resolve) => account.waiting.push({ waiting, resolve }));
  }

  /** To be called once per tick. */
  tick(): void {
    for (const [userId, account] of this.accounts) {
      const left = this.refill(account);
      if (left >= MOST && account.waiting.length === 0) this.accounts.delete(userId);
      if (account.waiting.length > 0) wake(account, left > 0);
    }
  }

  private accountOf(userId: number): Account {
    const known = this.accounts.get(userId);
    if (known !== undefined) return known;
    const account = { left: MOST, refilledAt: this.clock.monotonic(), waiting: [] };
    this.accounts.set(userId, account);
    return account;
  }

  private refill(account: Account): number {
    const now = this.clock.monotonic();
    account.left = Math.min(MOST, account.left + ((now - account.refilledAt) / 1_000) * PER_SECOND);
    account.refilledAt = now;
    return account.left;
  }
}

function wake(account: Account, hasRoom: boolean): void {
  const waiters = account.waiting;
  account.waiting = [];
  for (const waiter of waiters) {
    if (!hasRoom && waiter.waiting.isWanted()) {
      account.waiting.push(waiter);
      continue;
    }
    waiter.waiting.onLine?.(false);
    waiter.resolve();
  }
}
