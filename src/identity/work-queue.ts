import { AppError } from '../domain/errors.js';
import type { Clock } from '../ports/clock.js';
import type { HashTurn } from '../ports/password-hasher.js';
import { Appointments } from './appointments.js';
import { TurnRing, type Job } from './turn-ring.js';

export interface WorkQueueOptions {
  /** Tasks at once. */
  readonly places: number;
  /** What a task takes, in milliseconds, until some were measured. */
  readonly expectedMs: number;
  readonly clock: Clock;
  /** For a task to begin; two seconds by default. */
  readonly maxWaitMs?: number;
  /** Tasks that may wait, however short they are; each holds about a kilobyte. */
  readonly maxWaiting?: number;
}

export interface WorkQueue {
  /** Runs the task when its turn has come; `overloaded` when that would be, or was, too late. */
  run<T>(turn: HashTurn, task: () => Promise<T>): Promise<T>;
  /** What a task takes at present, in milliseconds. */
  taskMs(): number;
}

/**
 * Of so many turns one goes to networks that are not known, if any wait. They come last, and they come: with more for those who
 * are known, one of these with many logins would hold up a stranger for several hashes.
 */
const STRANGERS_EVERY = 2;
/** The registry's sentence speaks of messages. */
const DETAIL = 'Too many passwords are waiting to be hashed, try again shortly';
/** What the newest measurement counts for: a change of load shows within ten tasks or so. */
const NEWEST = 0.2;

/**
 * Work in turns: networks one after the other, within a network its accounts, at most one task of an account in a network
 * at once. However much somebody asks for, others wait for the tasks that run and for one task of each network.
 */
export function createWorkQueue(options: WorkQueueOptions): WorkQueue {
  const { places, clock, maxWaitMs = 2_000, maxWaiting = 1_000 } = options;
  const known = new TurnRing();
  const strangers = new TurnRing();
  /** In the order of arrival, which is that of deadlines. */
  const waiting = new Set<Job>();
  const busy = new Set<string>();
  const appointments = new Appointments(clock);
  let running = 0;
  let taskMs = options.expectedMs;
  let sinceStranger = 0;

  const ringOf = ({ known: isKnown }: HashTurn): TurnRing => (isKnown ? known : strangers);

  function mayBegin(job: Job): boolean {
    const key = busyKey(job.turn);
    return key === null || !busy.has(key);
  }

  /** The next whose turn it is; those who are refused at their turn leave the queue on the way. */
  function take(ring: TurnRing): Job | null {
    for (;;) {
      let refusal: { readonly error: unknown } | null = null;
      const job = ring.take((each) => {
        if (!mayBegin(each)) return false;
        try {
          return each.turn.begin?.() ?? true;
        } catch (error) {
          refusal = { error };
          return true;
        }
      });
      if (job === null) return null;
      waiting.delete(job);
      if (refusal === null) return job;
      job.reject((refusal as { readonly error: unknown }).error);
    }
  }

  function next(): Job | null {
    const rings = sinceStranger >= STRANGERS_EVERY - 1 ? [strangers, known] : [known, strangers];
    for (const ring of rings) {
      const job = take(ring);
      if (job === null) continue;
      sinceStranger = ring === strangers ? 0 : sinceStranger + 1;
      return job;
    }
    return null;
  }

  function refuseLate(): void {
    const now = clock.monotonic();
    for (const job of waiting) {
      if (job.deadline > now) return;
      waiting.delete(job);
      ringOf(job.turn).remove(job);
      job.reject(overloaded(job.turn));
    }
  }

  function dispatch(): void {
    refuseLate();
    while (running < places && waiting.size > 0) {
      const job = next();
      if (job === null) return;
      job.start();
    }
  }

  /** How long a newcomer would wait if nobody came after: for a place, and for those of the same account. */
  function estimate(turn: HashTurn): { readonly forPlace: number; readonly forAccount: number } {
    const { all, own } = ringOf(turn).ahead(turn);
    const perStranger = STRANGERS_EVERY - 1;
    const others = turn.known
      ? Math.min(strangers.size, Math.ceil(all / perStranger))
      : Math.min(known.size, (all + 1) * perStranger);
    const forPlace = (Math.max(0, running + all + others + 1 - places) / places) * taskMs;
    const key = busyKey(turn);
    return { forPlace, forAccount: key === null ? 0 : (own + (busy.has(key) ? 1 : 0)) * taskMs };
  }

  function overloaded(turn: HashTurn): AppError {
    const { forPlace, forAccount } = estimate(turn);
    const pace = (taskMs * Math.max(1, known.networks + strangers.networks)) / places;
    // Whoever is held up by an account's own work alone comes back at its pace, and makes nobody else wait for it.
    const retryAfter =
      forAccount > forPlace
        ? appointments.make(busyKey(turn) ?? '', forAccount - maxWaitMs, Math.max(pace, taskMs))
        : appointments.make(turn.network, forPlace - maxWaitMs, pace);
    return new AppError('overloaded', { detail: DETAIL, retryAfter });
  }

  function isTooLate(turn: HashTurn): boolean {
    const { forPlace, forAccount } = estimate(turn);
    if (Math.max(forPlace, forAccount) > maxWaitMs) return true;
    return waiting.size >= maxWaiting && running >= places;
  }

  function measure(began: number): void {
    taskMs += (clock.monotonic() - began - taskMs) * NEWEST;
  }

  async function work<T>(turn: HashTurn, task: () => Promise<T>): Promise<T> {
    const key = busyKey(turn);
    const began = clock.monotonic();
    running += 1;
    if (key !== null) busy.add(key);
    try {
      return await task();
    } finally {
      measure(began);
      running -= 1;
      if (key !== null) busy.delete(key);
      // Once more than at its beginning: whoever came while it ran has waited longer than the next of the same account.
      ringOf(turn).putLast(turn);
      dispatch();
    }
  }

  return {
    taskMs: () => taskMs,
    run<T>(turn: HashTurn, task: () => Promise<T>): Promise<T> {
      refuseLate();
      if (isTooLate(turn)) return Promise.reject(overloaded(turn));
      return new Promise<T>((resolve, reject) => {
        const deadline = clock.monotonic() + maxWaitMs;
        const job: Job = { turn, deadline, start: () => void work(turn, task).then(resolve, reject), reject };
        waiting.add(job);
        ringOf(turn).add(job);
        dispatch();
      });
    },
  };
}

function busyKey({ network, account }: HashTurn): string | null {
  return account === null ? null : `${network} ${account}`;
}
