import { AppError } from '../../../domain/errors.js';
import { atMost } from '../../../domain/patience.js';
import type { Session, SqlDatabase } from '../database.js';

/** What a look under the lock says about a transaction whose COMMIT went unanswered. */
export type Verdict = 'committed' | 'absent' | 'unknown';

/** What to answer instead of the result that was lost with the answer to the COMMIT. */
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
 * `Instead`: not committed for all that is known, but what it wanted is so.
 */
export async function settled<T>(
  sql: SqlDatabase,
  work: (tx: Session) => Promise<T>,
  verify: (tx: Session, planned: T) => Promise<Verdict | Instead<T>>,
  places?: CommitPlaces,
): Promise<T> {
  return settledAttempt<T, T>(
    sql,
    (plan) =>
      sql.transaction(async (tx) => {
        plan(null);
        const value = await work(tx);
        plan({ value });
        await places?.beforeCommit();
        return value;
      }),
    async (tx, planned) => {
      const verdict = await verify(tx, planned);
      return verdict === 'committed' ? { instead: planned } : verdict;
    },
    places,
  );
}

/** The same for a transaction that tells through `plan` what it is about to commit, and may come to something else. */
export async function settledAttempt<P, T>(
  sql: SqlDatabase,
  attempt: (plan: (planned: { readonly value: P } | null) => void) => Promise<T>,
  verify: (tx: Session, planned: P) => Promise<'absent' | 'unknown' | Instead<T>>,
  places?: Pick<CommitPlaces, 'afterCommit'>,
): Promise<T> {
  let planned: { readonly value: P } | null = null;
  try {
    const committed = await attempt((value) => {
      planned = value;
    });
    await answered(places?.afterCommit);
    return committed;
  } catch (error) {
    const attempted = planned as { readonly value: P } | null;
    if (!(error instanceof AppError) || error.code !== 'indeterminate' || attempted === null) throw error;
    return concludeUnknown(await verdictOf(sql, verify, attempted.value), error);
  }
}

async function answered(afterCommit: CommitPlaces['afterCommit'] | undefined): Promise<void> {
  try {
    await afterCommit?.();
  } catch (error) {
    throw new AppError('indeterminate', { cause: error });
  }
}

/** The caller has waited for the lost answer already; a database that is asked in vain for longer will not be quick. */
const LOOK_UP_MS = 3_500;

async function verdictOf<P, T>(
  sql: SqlDatabase,
  verify: (tx: Session, planned: P) => Promise<'absent' | 'unknown' | Instead<T>>,
  planned: P,
): Promise<'absent' | 'unknown' | Instead<T>> {
  try {
    return await atMost(
      LOOK_UP_MS,
      sql.transaction((tx) => verify(tx, planned)),
      'unknown',
    );
  } catch (error) {
    // The store cannot be asked right now: the first error, with its own cause, stays the answer.
    if (error instanceof AppError) return 'unknown';
    // A bug of the look-up says nothing about the COMMIT either; its cause goes to the log with the answer.
    throw new AppError('indeterminate', { cause: error });
  }
}

function concludeUnknown<T>(verdict: 'absent' | 'unknown' | Instead<T>, error: AppError): T {
  if (typeof verdict !== 'string') return verdict.instead;
  switch (verdict) {
    case 'absent':
      throw new AppError('unavailable', { cause: error });
    case 'unknown':
      throw error;
    default:
      return verdict satisfies never;
  }
}
