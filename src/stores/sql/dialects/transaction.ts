import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../../../domain/errors.js';
import type { Session } from '../database.js';
import { failureIn, isRetryable, leaving } from '../errors.js';
import type { Line } from './line.js';

/** One open connection as a transaction needs it. */
export interface TransactionLine {
  readonly line: Line;
  readonly session: Session;
  readonly begin: () => Promise<unknown>;
  readonly commit: () => Promise<unknown>;
  /** Leaves no transaction behind, if need be by dropping the connection; never rejects. */
  readonly abandon: (reason: 'failed' | 'in doubt') => Promise<void>;
}

/** BEGIN, callback, COMMIT. From the statement that carries COMMIT on, a lost answer means an unknown outcome. */
export async function runTransaction<T>(on: TransactionLine, fn: (tx: Session) => Promise<T>): Promise<T> {
  let inDoubt = false;
  try {
    await on.begin();
    const result = await fn(on.session);
    // A callback that swallowed a failure does not know that its transaction is gone.
    if (on.line.failure !== null) throw on.line.failure;
    inDoubt = true;
    await on.line.commit(on.commit);
    return result;
  } catch (error) {
    const failure = failureIn(error);
    inDoubt &&= failure !== null && !isRetryable(failure);
    await on.abandon(inDoubt ? 'in doubt' : 'failed');
    throw inDoubt ? new AppError('indeterminate', { cause: failure }) : error;
  } finally {
    on.line.end();
  }
}

const RETRIES = 3;

/** Runs the whole transaction again when the database gave it up; then, and for all else, what `leaving` says. */
export async function withRetries<T>(attempt: () => Promise<T>): Promise<T> {
  for (let tried = 0; ; tried += 1) {
    try {
      return await attempt();
    } catch (error) {
      const failure = error instanceof AppError ? null : failureIn(error);
      if (failure === null || !isRetryable(failure) || tried === RETRIES) throw leaving(error);
      // Those that collided must not meet again at once.
      await sleep((tried + 1) * (5 + Math.random() * 25));
    }
  }
}

/** Runs reads; what leaves is judged as for transactions. */
export async function judged<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw leaving(error);
  }
}
