import { within } from '../patience.js';
import { MONGO_DEADLINE_MS } from './client.js';
import { MongoFailure } from './errors.js';

/**
 * `work`, or a rejection when it takes longer than the deadline. Driver 7.9 takes `timeoutMS` and does nothing with it,
 * and its other times add up: looking for a server, waiting for a connection, the answer, and all of that once more
 * for a read. Work that is given up goes on until the socket's own time; a write may still land.
 */
export function inTime<T>(work: Promise<T>, ms: number = MONGO_DEADLINE_MS): Promise<T> {
  return within(ms, work, () => {
    throw new MongoFailure('DeadlineExceeded', undefined);
  });
}
