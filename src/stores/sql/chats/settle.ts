import { AppError } from '../../../domain/errors.js';
import type { Session, SqlDatabase } from '../database.js';

/** What a look under the lock says about a transaction whose COMMIT went unanswered. */
export type Verdict = 'committed' | 'absent' | 'unknown';

/** Not committed for all that is known, but what it wanted is so: the answer to give for it. */
export interface Instead<T> {
  readonly instead: T;
}

/** Where fault tests may stop a transaction; what is thrown after the COMMIT counts as the loss of its answer. */
export interface CommitPlaces {
  readonly beforeCommit: () => Promise<void> | void;
  readonly afterCommit: () => Promise<void> | void;
}

/**
 * Runs a transaction whose result is known before its COMMIT. When the answer to the COMMIT is lost, `verify` looks
 * for its effects in a transaction of its own; it must take the same lock first, because only then has the lost one
 * ended for certain. A commit that is found counts like any other; one that did not happen is `unavailable`.
 */
export async function settled<T>(
  sql: SqlDatabase,
  work: (tx: Session) => Promise<T>,
  verify: (tx: Session, planned: T) => Promise<Verdict | Instead<T>>,
  places?: CommitPlaces,
): Promise<T> {
  let planned: { readonly value: T } | null = null;
  try {
    const committed = await sql.transaction(async (tx) => {
      planned = null;
      const value = await work(tx);
      planned = { value };
      await places?.beforeCommit();
      return value;
    });
    await answered(places);
    return committed;
  } catch (error) {
    const attempt = planned as { readonly value: T } | null;
    if (!(error instanceof AppError) || error.code !== 'indeterminate' || attempt === null) throw error;
    return conclude(attempt.value, await verdictOf(sql, verify, attempt.value), error);
  }
}

async function answered(places: CommitPlaces | undefined): Promise<void> {
  try {
    await places?.afterCommit();
  } catch (error) {
    throw new AppError('indeterminate', { cause: error });
  }
}

async function verdictOf<T>(
  sql: SqlDatabase,
  verify: (tx: Session, planned: T) => Promise<Verdict | Instead<T>>,
  planned: T,
): Promise<Verdict | Instead<T>> {
  try {
    return await sql.transaction((tx) => verify(tx, planned));
  } catch (error) {
    // The store cannot be asked right now: the first error, with its own cause, stays the answer.
    if (error instanceof AppError) return 'unknown';
    // A bug of the look-up says nothing about the COMMIT either; its cause goes to the log with the answer.
    throw new AppError('indeterminate', { cause: error });
  }
}

function conclude<T>(value: T, verdict: Verdict | Instead<T>, error: AppError): T {
  if (typeof verdict !== 'string') return verdict.instead;
  switch (verdict) {
    case 'committed':
      return value;
    case 'absent':
      throw new AppError('unavailable', { cause: error });
    case 'unknown':
      throw error;
    default:
      return verdict satisfies never;
  }
}
