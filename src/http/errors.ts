import { AppError, retryAfterSeconds } from '../domain/errors.js';
import { ERROR_CODES, type FieldProblem } from '../protocol/error-codes.js';
import type { ProblemResource } from '../protocol/resources.js';

/** An error as it leaves: status, headers and a problem document (RFC 9457), already encoded. */
export interface ErrorAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Bytes of a whole error answer: what was wrong is told, however much was wrong. */
const MAX_BODY_BYTES = 1_024;
/** Left free for the line that says how many problems are not listed. */
const OMISSION_BYTES = 80;
/** Stands for every path that no route has; the path itself is the client's text. */
const NO_ROUTE = '/*';

/** Anything that is no AppError is a bug and says nothing about itself. */
export function toAppError(error: unknown): AppError {
  return error instanceof AppError ? error : new AppError('internal', { cause: error });
}

/**
 * The one mapping from errors to answers. `instance` is the pattern of the route and not the path asked for: the same
 * refusal is the same document for every object, so that nothing can be told apart by it.
 */
export function answerError(error: AppError, route: string | null): ErrorAnswer {
  const { status, title } = ERROR_CODES[error.code];
  const problem: ProblemResource = {
    type: `urn:parley:problem:${error.code}`,
    title,
    status,
    detail: error.detail,
    code: error.code,
    instance: route ?? NO_ROUTE,
    ...error.members,
  };
  return { status, headers: headersOf(error, status), body: encode(problem, error.errors) };
}

function headersOf(error: AppError, status: number): Record<string, string> {
  const headers: Record<string, string> = { 'Content-Type': 'application/problem+json' };
  if (status === 401) headers['WWW-Authenticate'] = 'Bearer';
  if (error.retryAfter !== undefined) headers['Retry-After'] = String(retryAfterSeconds(error.retryAfter));
  // The rest of a body that is too large is never read: this connection cannot carry another request.
  if (error.code === 'payload_too_large' || error.code === 'request_timeout') headers['Connection'] = 'close';
  if (error.code === 'upgrade_required') {
    headers['Upgrade'] = 'websocket';
    headers['Connection'] = 'Upgrade';
  }
  return headers;
}

function encode(problem: ProblemResource, errors: readonly FieldProblem[] | undefined): string {
  if (errors === undefined || errors.length === 0) return JSON.stringify(problem);
  const all = JSON.stringify({ ...problem, errors });
  if (Buffer.byteLength(all) <= MAX_BODY_BYTES) return all;

  const listed: FieldProblem[] = [];
  let room = MAX_BODY_BYTES - OMISSION_BYTES - Buffer.byteLength(JSON.stringify({ ...problem, errors: [] }));
  for (const error of errors) {
    room -= Buffer.byteLength(JSON.stringify(error)) + 1;
    if (room < 0) break;
    listed.push(error);
  }
  const omitted: FieldProblem = {
    path: '',
    code: 'omitted',
    message: `${errors.length - listed.length} more problems`,
  };
  return JSON.stringify({ ...problem, errors: [...listed, omitted] });
}
