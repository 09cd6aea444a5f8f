import { AppError } from '../domain/errors.js';

/** What sums of times are off by, which must not round a second up to two. */
const NOISE_MS = 0.01;

/** Whole seconds, as Retry-After says them. */
export function retryAfterOf(ms: number): number {
  return Math.max(1, Math.ceil((ms - NOISE_MS) / 1_000));
}

/** The refusal of a try that may be made again in so many milliseconds. */
export function rateLimited(ms: number): AppError {
  return new AppError('rate_limited', { retryAfter: retryAfterOf(ms) });
}
