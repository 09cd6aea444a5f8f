import { AppError } from '../../domain/errors.js';

export interface BudgetBounds {
  /** Bytes that one user may hold at once; a single answer is never refused for being larger. */
  readonly perUser: number;
  /** Bytes that all users may hold at once, with the same exception. */
  readonly ofAll: number;
  /** Answers of one user that may wait; one more is `rate_limited`. */
  readonly inLine: number;
}

interface Waiter {
  readonly bytes: number;
  readonly isWanted: () => boolean;
  /** False: it was not wanted any more. */
  readonly resolve: (isGranted: boolean) => void;
}

/** What one user holds and waits for. */
interface Account {
  held: number;
  waiting: Waiter[];
}

/**
 * Bytes of answers that are being made or on their way. Who holds his share waits for his own answers to leave, whatever
 * the others do; where all of it is held, the users are served in turn.
 */
export class ByteBudget {
  /** Served from the first on; who was served goes to the end. Nothing is kept of who holds nothing and waits for nothing. */
  private readonly accounts = new Map<number, Account>();
  private held = 0;

  constructor(private readonly bounds: BudgetBounds) {}

  /** Users that hold or wait for bytes. */
  get users(): number {
    return this.accounts.size;
  }

  /** True: the bytes are the user's until he releases them. False: they were not wanted any more. */
  take(userId: number, bytes: number, isWanted: () => boolean): Promise<boolean> {
    const account = this.accountOf(userId);
    if (account.waiting.length === 0 && !this.isShort() && this.fits(account, bytes)) {
      this.grant(account, bytes);
      return Promise.resolve(true);
    }
    if (account.waiting.length >= this.bounds.inLine) letGo(account);
    if (account.waiting.length >= this.bounds.inLine) {
      const detail = 'Too many large answers are wanted at once, read on when some have arrived';
      return Promise.reject(new AppError('rate_limited', { detail, retryAfter: 1 }));
    }
    return new Promise((resolve) => account.waiting.push({ bytes, isWanted, resolve }));
  }

  release(userId: number, bytes: number): void {
    const account = this.accountOf(userId);
    account.held -= bytes;
    this.held -= bytes;
    this.serve();
    this.forget(userId);
  }

  /** Whether somebody waits only because all users together hold too much: who comes now goes behind. */
  private isShort(): boolean {
    for (const account of this.accounts.values()) {
      const [first] = account.waiting;
      if (first !== undefined && this.isWithinShare(account, first.bytes)) return true;
    }
    return false;
  }

  private isWithinShare({ held }: Account, bytes: number): boolean {
    return held === 0 || held + bytes <= this.bounds.perUser;
  }

  private fits(account: Account, bytes: number): boolean {
    return this.isWithinShare(account, bytes) && (this.held === 0 || this.held + bytes <= this.bounds.ofAll);
  }

  private grant(account: Account, bytes: number): void {
    account.held += bytes;
    this.held += bytes;
  }

  /** One answer of each user in turn, until a whole round finds none that fits. */
  private serve(): void {
    for (let hasServed = true; hasServed;) {
      hasServed = false;
      for (const [userId, account] of [...this.accounts]) {
        if (!this.serveFirst(account)) continue;
        hasServed = true;
        this.accounts.delete(userId);
        this.accounts.set(userId, account);
      }
    }
    for (const userId of [...this.accounts.keys()]) this.forget(userId);
  }

  /** True: the user's first answer that is still wanted has its bytes now. */
  private serveFirst(account: Account): boolean {
    for (let first = account.waiting[0]; first !== undefined; first = account.waiting[0]) {
      const isWanted = first.isWanted();
      if (isWanted && !this.fits(account, first.bytes)) return false;
      account.waiting.shift();
      if (isWanted) this.grant(account, first.bytes);
      first.resolve(isWanted);
      if (isWanted) return true;
    }
    return false;
  }

  private accountOf(userId: number): Account {
    const account = this.accounts.get(userId) ?? { held: 0, waiting: [] };
    this.accounts.set(userId, account);
    return account;
  }

  private forget(userId: number): void {
    const account = this.accounts.get(userId);
    if (account?.held === 0 && account.waiting.length === 0) this.accounts.delete(userId);
  }
}

/** Who is gone from the line makes room in it. */
function letGo(account: Account): void {
  const gone = account.waiting.filter(({ isWanted }) => !isWanted());
  account.waiting = account.waiting.filter((waiter) => !gone.includes(waiter));
  for (const { resolve } of gone) resolve(false);
}
