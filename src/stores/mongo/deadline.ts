import { setTimeout as after } from 'node:timers/promises';
import { MONGO_DEADLINE_MS } from './client.js';
import { MongoFailure } from './errors.js';

/**
 * `work`, or a rejection when it takes longer than the deadline. Driver 7.9 takes `timeoutMS` and does nothing with it,
 * and its other times add up: looking for a server, waiting for a connection, the answer, and all of that once more
 * for a read. Work that is given up goes on until the socket's own time; a write may still land.
 */
export async function inTime<T>(work: Promise<T>, ms: number = MONGO_DEADLINE_MS): Promise<T> {
  const timer = new AbortController();
  const late = after(ms, undefined, { signal: timer.signal }).then(() => {
    throw new MongoFailure('DeadlineExceeded', undefined);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    timer.abort();
    // The one that lost has nobody to tell any more.
    work.catch(() => undefined);
    late.catch(() => undefined);
  }
}
