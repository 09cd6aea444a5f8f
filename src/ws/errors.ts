import { AppError, retryAfterSeconds } from '../domain/errors.js';
import type { CloseName } from '../protocol/close-codes.js';
import { ERROR_CODES } from '../protocol/error-codes.js';
import type { ErrorFrame } from '../protocol/events.js';

/** What a client may call one of its frames, to find the reply again. */
export type FrameId = string | number;

/** The sole mapping of what was thrown to what a client is told. Anything but an AppError says nothing outside. */
export function toErrorFrame(error: unknown, id: FrameId | undefined, timestamp: string): ErrorFrame {
  const known = error instanceof AppError ? error : new AppError('internal');
  return {
    type: 'error',
    message: known.detail,
    code: known.code,
    ...(known.retryAfter === undefined ? {} : { retry_after: retryAfterSeconds(known.retryAfter) }),
    ...(id === undefined ? {} : { id }),
    timestamp,
  };
}

/** Whether the log should hear of it: a client's own mistakes are no news, ours are. */
export function isUnexpected(error: unknown): boolean {
  return !(error instanceof AppError) || error.code === 'internal';
}

/**
 * How a socket ends that could not go live. Only a refusal says so; where the server could not decide, the client is
 * told to come back instead of throwing a good token away.
 */
export function toCloseName(error: unknown): CloseName {
  if (!(error instanceof AppError)) return 'internal';
  switch (ERROR_CODES[error.code].status) {
    case 401:
      return 'unauthenticated';
    case 403:
    case 404:
      return 'no_access';
    case 429:
      return 'too_many';
    default:
      return 'internal';
  }
}
