import { AppError } from '../domain/errors.js';
import type { Clock } from '../ports/clock.js';
import type { Limiter, Work } from '../ports/limiter.js';

/** So many calls, or bytes, in a window. */
export interface Rate {
  readonly most: number;
  readonly of: 'calls' | 'bytes';
  readonly windowMs: number;
}

/** For each kind of work the limits that hold together; none = off. */
export type Rates = Readonly<Record<Work, readonly Rate[]>>;

export interface LimiterOptions {
  /** Users remembered for each kind of work; the longest unseen are forgotten first. */
  readonly maxUsers?: number;
}

/**
 * Counts in this process. Not by rate-limiter-flexible, which counts the logins: each of its windows is an object, a timer
 * and a promise a call, and four of them took 2.4 to 3.6 us of CPU for each send, up to 5 % of a send over a socket;
 * these take 0.3 us. Its windows also take a call that another window of the same kind refuses.
 */
export function createLimiter(rates: Rates, clock: Clock, options: LimiterOptions = {}): Limiter {
  const { maxUsers = 50_000 } = options;
  const counterOf = (work: Work): Counter | null =>
    rates[work].length === 0 ? null : new Counter(rates[work], clock, maxUsers);
  const counters: Readonly<Record<Work, Counter | null>> = {
    send: counterOf('send'),
    edit: counterOf('edit'),
    create_chat: counterOf('create_chat'),
    add_people: counterOf('add_people'),
    read: counterOf('read'),
    search: counterOf('search'),
    changes: counterOf('changes'),
  };
  return {
    take(userId, work) {
      counters[work]?.takeCall(userId);
      return undefined;
    },
    takeBytes(userId, work, bytes) {
      counters[work]?.takeBytes(userId, bytes);
      return undefined;
    },
  };
}

/** A user's windows: of each rate in turn, when its window ends and what was taken in it. */
type Windows = number[];

/** A rate, and where its window stands. */
interface Place extends Rate {
  readonly end: number;
  readonly used: number;
}

/**
 * One kind of work. The users are kept in two halves. One that is found in the older half moves to the newer, and when the
 * newer is full, or has lasted for the longest window, the older is dropped whole. So nobody is forgotten by the clock
 * whose windows have not ended, nothing grows, and there is neither a timer nor an order to keep.
 */
class Counter {
  private newer = new Map<number, Windows>();
  private older = new Map<number, Windows>();
  private turnsAt: number;
  private readonly longestMs: number;
  private readonly calls: readonly Place[];
  private readonly bytes: readonly Place[];
  private readonly fresh: Windows;

  constructor(
    rates: readonly Rate[],
    private readonly clock: Clock,
    private readonly maxUsers: number,
  ) {
    const places = rates.map((rate, index) => ({ ...rate, end: 2 * index, used: 2 * index + 1 }));
    this.calls = places.filter((place) => place.of === 'calls');
    this.bytes = places.filter((place) => place.of === 'bytes');
    this.fresh = rates.flatMap(() => [-Infinity, 0]);
    this.longestMs = Math.max(...rates.map(({ windowMs }) => windowMs));
    this.turnsAt = clock.monotonic() + this.longestMs;
  }

  takeCall(userId: number): void {
    if (this.calls.length === 0) return;
    const now = this.clock.monotonic();
    const windows = this.windowsOf(userId, now);
    const wait = waitFor(this.calls, windows, now, 1);
    if (wait > 0) throw refusal(wait);
    take(this.calls, windows, now, 1);
  }

  takeBytes(userId: number, bytes: number): void {
    if (this.bytes.length === 0) return;
    const now = this.clock.monotonic();
    const windows = this.windowsOf(userId, now);
    const wait = waitFor(this.bytes, windows, now, bytes);
    // It comes again as a call, which has to be let in then as well.
    if (wait > 0) throw refusal(Math.max(wait, waitFor(this.calls, windows, now, 1)));
    take(this.bytes, windows, now, bytes);
  }

  private windowsOf(userId: number, now: number): Windows {
    const known = this.newer.get(userId);
    if (known !== undefined) return known;
    if (now >= this.turnsAt || this.newer.size >= this.maxUsers / 2) this.turn(now);
    const windows = this.older.get(userId) ?? this.fresh.slice();
    this.newer.set(userId, windows);
    return windows;
  }

  private turn(now: number): void {
    this.older = this.newer;
    this.newer = new Map();
    this.turnsAt = now + this.longestMs;
  }
}

/** Milliseconds until all of them have room; a fresh one has room for anything. */
function waitFor(places: readonly Place[], windows: Windows, now: number, amount: number): number {
  let wait = 0;
  for (const place of places) {
    const left = (windows[place.end] ?? 0) - now;
    if (left > wait && (windows[place.used] ?? 0) + amount > place.most) wait = left;
  }
  return wait;
}

function take(places: readonly Place[], windows: Windows, now: number, amount: number): void {
  for (const place of places) {
    const isOpen = now < (windows[place.end] ?? 0);
    if (!isOpen) windows[place.end] = now + place.windowMs;
    windows[place.used] = amount + (isOpen ? (windows[place.used] ?? 0) : 0);
  }
}

function refusal(waitMs: number): AppError {
  return new AppError('rate_limited', { retryAfter: waitMs / 1_000 });
}
