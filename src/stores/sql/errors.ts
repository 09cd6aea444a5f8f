import { AppError } from '../../domain/errors.js';
import type { KeyName, Phase } from './database.js';
import { keyIn } from './keys.js';

/** A driver's error with everything that could hold values (message, SQL, parameters) left behind. */
export class DriverFailure extends Error {
  readonly code: string;
  readonly errno: number | undefined;
  readonly sqlState: string | undefined;
  readonly phase: Phase | 'connect';
  /** For a violated unique key: which. */
  readonly key: KeyName | null;

  constructor(facts: { code: string; errno?: number; sqlState?: string; phase: Phase | 'connect'; key?: KeyName }) {
    super(`The database driver failed with ${facts.code} (${facts.phase})`);
    this.name = 'DriverFailure';
    this.code = facts.code;
    this.errno = facts.errno;
    this.sqlState = facts.sqlState;
    this.phase = facts.phase;
    this.key = facts.key ?? null;
  }
}

/** The scrubbed failure inside `error`, or null where no driver is involved (Drizzle wraps what a driver throws). */
export function failureIn(error: unknown): DriverFailure | null {
  for (let at = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth += 1) {
    if (at instanceof DriverFailure) return at;
  }
  return null;
}

/** Scrubs what a driver threw. Only facts from closed vocabularies stay: codes, numbers, names of our own keys. */
export function describeDriverError(error: unknown, phase: DriverFailure['phase']): DriverFailure {
  if (error instanceof DriverFailure) return error;
  const raw: Readonly<Record<string, unknown>> = error instanceof Error ? { ...error, message: error.message } : {};
  const extended = typeof raw['extendedCode'] === 'string' ? raw['extendedCode'] : raw['code'];
  const code = typeof extended === 'string' && /^[A-Z][A-Z0-9_]{1,63}$/.test(extended) ? extended : 'UNKNOWN';
  const sqlState =
    typeof raw['sqlState'] === 'string' && /^[0-9A-Z]{5}$/.test(raw['sqlState']) ? raw['sqlState'] : null;
  const key = keyIn(code, typeof raw['message'] === 'string' ? raw['message'] : '');
  return new DriverFailure({
    code,
    phase,
    ...(typeof raw['errno'] === 'number' ? { errno: raw['errno'] } : {}),
    ...(sqlState === null ? {} : { sqlState }),
    ...(key === null ? {} : { key }),
  });
}

/** Errors of hooks count as the driver's only if they look like one; anything else is the test's own failure. */
export function looksLikeDriverError(error: unknown): boolean {
  return error instanceof Error && !(error instanceof AppError) && ('code' in error || 'errno' in error);
}

/** Which unique key a statement ran into, or null for any other error. */
export function duplicateKey(error: unknown): KeyName | null {
  return error instanceof AppError ? null : (failureIn(error)?.key ?? null);
}

const DEADLOCK = 1213;
const LOCK_WAIT = 1205;
const RECORD_CHANGED = 1020;
/** Group replication and Galera refuse at COMMIT what conflicts elsewhere; it is rolled back then. */
const ROLLED_BACK_AT_COMMIT = 3101;
const RETRYABLE = new Set([DEADLOCK, LOCK_WAIT, RECORD_CHANGED, ROLLED_BACK_AT_COMMIT]);

/** The database gave the whole transaction up, certainly rolled back: running it again is the cure. */
export function isRetryable(failure: DriverFailure): boolean {
  return failure.errno !== undefined ? RETRYABLE.has(failure.errno) : failure.code.startsWith('SQLITE_BUSY');
}

/** The database gave up waiting for somebody else's lock. */
export function isLockWait(failure: DriverFailure | null): boolean {
  return failure?.errno === LOCK_WAIT;
}

/**
 * The database refused the transaction, certainly without committing it, though its packet carried the COMMIT: it was
 * given up, ran into a key, or held a statement that can never succeed; a COMMIT by itself fails for none of these.
 */
export function isRefused(failure: DriverFailure): boolean {
  return isRetryable(failure) || failure.key !== null || (isAnswered(failure) && isHopeless(failure));
}

/** MySQL's own error numbers begin here; what the client side of a connection makes up has none or a negative one. */
const SERVER_ERRORS_FROM = 1_000;

/**
 * The server itself refused the statement, so the connection is idle and still understands. After anything else (a
 * time-out, a lost connection) it may be busy with that statement, and whatever is sent next waits behind it for ever.
 */
export function isAnswered(failure: DriverFailure): boolean {
  return failure.sqlState !== undefined || (failure.errno ?? 0) >= SERVER_ERRORS_FROM;
}

/** SQLSTATE classes and SQLite codes of statements that can never succeed: wrong SQL, wrong values, broken rules. */
const HOPELESS_STATES = /^(21|22|23|42)/;
const HOPELESS_CODES = /^SQLITE_(ERROR|CONSTRAINT|MISMATCH|RANGE|MISUSE|TOOBIG)/;

function isHopeless(failure: DriverFailure): boolean {
  return HOPELESS_STATES.test(failure.sqlState ?? '') || HOPELESS_CODES.test(failure.code);
}

/** What leaves the seam for `error`: AppErrors as they are, driver failures judged, all else (a bug) as it is. */
export function leaving(error: unknown): unknown {
  if (error instanceof AppError) return error;
  const failure = failureIn(error);
  if (failure === null) return error;
  return isHopeless(failure) ? failure : new AppError('unavailable', { cause: failure });
}
