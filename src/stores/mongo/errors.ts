import { AppError } from '../../domain/errors.js';

/** A driver's error with everything that could hold documents, filters or addresses left behind. */
export class MongoFailure extends Error {
  readonly code: string;

  constructor(name: string, code: number | string | undefined) {
    super(`The MongoDB driver failed with ${name}`);
    this.name = 'MongoFailure';
    this.code = code === undefined ? name : `${name} ${code}`;
  }
}

/** Class names and codes come from closed vocabularies; messages and `writeErrors[].err.op` hold what was written. */
export function scrubMongo(error: unknown): MongoFailure {
  if (error instanceof MongoFailure) return error;
  const name = error instanceof Error && /^Mongo\w{0,60}$/.test(error.name) ? error.name : 'UnknownError';
  const raw: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  return new MongoFailure(name, typeof raw === 'number' ? raw : undefined);
}

export function unavailable(error: unknown): AppError {
  return new AppError('unavailable', { retryAfter: 1, cause: scrubMongo(error) });
}

const AUTHENTICATION_FAILED = 18;
const UNAUTHORIZED = 13;

/** Why MongoDB could not be reached; wrong credentials stay wrong however long a start waits. */
export function explainMongo(error: unknown): { readonly reason: string; readonly mayPass: boolean } {
  const failure = scrubMongo(error instanceof AppError ? error.cause : error);
  const denied = [AUTHENTICATION_FAILED, UNAUTHORIZED].some((code) => failure.code.endsWith(` ${code}`));
  return denied
    ? { reason: 'it refuses the user or the password', mayPass: false }
    : { reason: failure.code, mayPass: true };
}

/** The hosts of a connection string, without user, password and options. */
export function hostsIn(url: string): string {
  return url
    .replace(/^mongodb(\+srv)?:\/\//, '')
    .replace(/[/?].*$/s, '')
    .replace(/^.*@/, '');
}
