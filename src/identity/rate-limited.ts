import { AppError } from '../domain/errors.js';

/** The refusal of a try that may be made again in so many milliseconds. */
export function rateLimited(ms: number): AppError {
  return new AppError('rate_limited', { retryAfter: Math.max(1, Math.ceil(ms / 1_000)) });
}
