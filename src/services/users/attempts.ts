import { AppError } from '../../domain/errors.js';
import type { Counted, Throttle } from '../../ports/throttle.js';

/**
 * Does what each attempt at is counted. Where the server could not even try, the attempt is given back: an outage or a crowd
 * must not use up what people may do when it is over.
 */
export async function unlessUnavailable<T>(
  throttle: Throttle,
  keys: readonly Counted[],
  work: () => Promise<T>,
): Promise<T> {
  await throttle.consume(keys);
  try {
    return await work();
  } catch (error) {
    if (error instanceof AppError && (error.code === 'overloaded' || error.code === 'unavailable')) {
      await throttle.reward(keys);
    }
    throw error;
  }
}
