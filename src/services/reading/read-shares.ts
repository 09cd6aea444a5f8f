import { AppError } from '../../domain/errors.js';
import { FairTurns, type FairBounds } from '../../domain/fair-turns.js';
import type { Identity } from '../../domain/user.js';
import { UNSHARED, type ReadShare } from '../../ports/read-share.js';
import { ByteBudget, type BudgetBounds } from './byte-budget.js';

/** The share of one request, until it is ended: when its answer has left, or nobody waits for it any more. */
export interface OpenShare extends ReadShare {
  /** Whether the answer is large enough to be made in pieces. */
  readonly isLarge: boolean;
  /** The answer's bytes are made, and only wait for the peer: the next one can be begun. */
  made(): void;
  /** Gives back what the request holds, and its places in line. A second call does nothing. */
  end(): void;
}

/** Of who has none: answers to nobody in particular are small. */
export const NO_SHARE: OpenShare = { ...UNSHARED, isLarge: false, made: () => undefined, end: () => undefined };

export interface ReadShares {
  /** `onUse` is told once, before the first thing that has to be given back by `end`. */
  open(reader: Pick<Identity, 'userId'>, onUse: (share: OpenShare) => void): OpenShare;
}

/** Up to here an answer is made in one step and counts only while it is made. */
const SMALL_BYTES = 64 * 1024;
/** And up to here nowhere: a page of fifty messages has two or three KiB. */
const TINY_BYTES = 4 * 1024;

/**
 * Two numbered pages of the longest messages, or eight answers that are read on. An answer under way takes about three
 * times the bytes of its contents: as objects, as text, and as what waits for the peer.
 */
const BYTES: BudgetBounds = { perUser: 8 * 1024 * 1024, ofAll: 96 * 1024 * 1024, inLine: 100 };

/**
 * Of those, answers that are being made: they are there as objects and as text at once, and how long that takes is no
 * peer's doing. Three of the largest pages; more at a time would make none of them come sooner.
 */
const MAKING: BudgetBounds = { perUser: 4 * 1024 * 1024, ofAll: 12 * 1024 * 1024, inLine: Infinity };

/** Steps are a few milliseconds each; with two of one user, the others always find a place. */
const STEPS: FairBounds = { atOnce: 4, perUser: 2, inLine: 100 };

/** What the readers of this process may cost, each his share. */
export function createReadShares(bytes: BudgetBounds = BYTES, steps: FairBounds = STEPS): ReadShares {
  const limits = { held: new ByteBudget(bytes), making: new ByteBudget(MAKING), turns: new FairTurns(steps) };
  return { open: ({ userId }, onUse) => new RequestShare(userId, limits, onUse) };
}

interface Limits {
  readonly held: ByteBudget;
  readonly making: ByteBudget;
  readonly turns: FairTurns;
}

class RequestShare implements OpenShare {
  private held = 0;
  private making = 0;
  private isOpen = true;
  private isUsed = false;

  constructor(
    private readonly userId: number,
    private readonly limits: Limits,
    private readonly onUse: (share: OpenShare) => void,
  ) {}

  get isLarge(): boolean {
    return this.held > 0;
  }

  async take(bytes: number): Promise<void> {
    if (bytes <= TINY_BYTES) return;
    const isWanted = (): boolean => this.isOpen;
    if (bytes <= SMALL_BYTES) {
      if (await this.limits.making.take(this.userId, bytes, isWanted)) this.making += bytes;
      return;
    }
    this.use();
    if (await this.limits.held.take(this.userId, bytes, isWanted)) this.held += bytes;
    if (this.isOpen && (await this.limits.making.take(this.userId, bytes, isWanted))) this.making += bytes;
    if (this.isOpen) return;
    this.giveBack();
    throw gone();
  }

  async step<T>(task: () => Promise<T>): Promise<T> {
    this.use();
    let isBegun = false;
    try {
      const ended = await this.limits.turns.run(
        this.userId,
        async () => {
          isBegun = true;
          return { value: await task() };
        },
        { isWanted: () => this.isOpen },
      );
      if (ended === null) throw gone();
      return ended.value;
    } catch (error) {
      throw isBegun ? error : tooMany(error);
    }
  }

  made(): void {
    const { making } = this;
    this.making = 0;
    if (making > 0) this.limits.making.release(this.userId, making);
  }

  end(): void {
    this.isOpen = false;
    this.giveBack();
  }

  private use(): void {
    if (this.isUsed) return;
    this.isUsed = true;
    this.onUse(this);
  }

  private giveBack(): void {
    this.made();
    const { held } = this;
    this.held = 0;
    if (held > 0) this.limits.held.release(this.userId, held);
  }
}

/** The line is the user's own, and so is the fault: not the server is overloaded. */
function tooMany(error: unknown): unknown {
  const isFull = error instanceof AppError && error.code === 'overloaded';
  if (!isFull) return error;
  return new AppError('rate_limited', {
    detail: 'Too much is asked for at once, wait for some answers',
    retryAfter: 1,
  });
}

/** Nobody hears it: the client has left. */
function gone(): AppError {
  return new AppError('request_timeout');
}
