import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../../../domain/errors.js';
import type { Closing, Session, SqlRow, SqlValue, Statement, WriteResult } from '../database.js';
import { failureIn, isRefused, isRetryable, leaving, type DriverFailure } from '../errors.js';
import type { Line } from './line.js';

/** One open connection as a transaction needs it: `B` is what its beginning gives, `W` what its COMMIT needs. */
export interface TransactionLine<B, W, R> {
  readonly line: Line;
  readonly begin: () => Promise<B>;
  /** Ends the transaction through `Line.commit` or `Line.togetherWithCommit`. */
  readonly commit: (worked: W) => Promise<R>;
  /** Leaves no transaction behind, if need be by dropping the connection; never rejects. */
  readonly abandon: (reason: 'failed' | 'in doubt') => Promise<void>;
}

/** BEGIN, callback, COMMIT. From the packet that carries COMMIT on, a lost answer means an unknown outcome. */
export async function runTransaction<B, W, R>(
  on: TransactionLine<B, W, R>,
  work: (begun: B) => Promise<W>,
): Promise<R> {
  let inDoubt = false;
  try {
    const worked = await work(await on.begin());
    // A callback that swallowed a failure does not know that its transaction is gone.
    if (on.line.failure !== null) throw on.line.failure;
    inDoubt = true;
    return await on.commit(worked);
  } catch (error) {
    const failure = failureIn(error);
    inDoubt &&= failure !== null && failure.phase === 'commit' && !isRefused(failure);
    await on.abandon(inDoubt ? 'in doubt' : 'failed');
    throw inDoubt ? new AppError('indeterminate', { cause: failure }) : error;
  } finally {
    on.line.end();
  }
}

/** A session in which a statement can be run for many rows at once. */
export interface StepSession extends Session {
  /** Answers as one statement with all of the rows would. At least one row. */
  runEach(text: string, rows: readonly (readonly SqlValue[])[]): Promise<WriteResult>;
}

/** A batch where packets gain nothing: every statement by itself. */
export function batchByStep<T>(
  opening: readonly Statement[],
  work: (tx: Session, opened: readonly (readonly SqlRow[])[]) => Promise<Closing<T>>,
): (tx: StepSession) => Promise<T> {
  return async (tx) => {
    const opened: (readonly SqlRow[])[] = [];
    for (const { text, values } of opening) opened.push(await tx.query(text, values));
    const closing = await work(tx, opened);
    const written: WriteResult[] = [];
    for (const { text, values, rows } of closing.statements) {
      written.push(await (rows === undefined ? tx.run(text, values) : tx.runEach(text, rows)));
    }
    await closing.beforeCommit?.();
    return closing.result(written);
  };
}

const RETRIES = 3;
/** No attempt begins later than this after the first: a lock that is waited for in vain costs three seconds each time. */
const RETRY_FOR_MS = 5_000;

/** Runs the whole transaction again when the database gave it up; then, and for all else, what `leaving` says. */
export async function withRetries<T>(
  attempt: () => Promise<T>,
  isWorthRetrying: (failure: DriverFailure) => boolean = isRetryable,
): Promise<T> {
  const began = performance.now();
  for (let tried = 0; ; tried += 1) {
    try {
      return await attempt();
    } catch (error) {
      const failure = error instanceof AppError ? null : failureIn(error);
      const isOver = tried === RETRIES || performance.now() - began > RETRY_FOR_MS;
      if (failure === null || !isWorthRetrying(failure) || isOver) throw leaving(error);
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
