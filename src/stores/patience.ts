import { setTimeout as after } from 'node:timers/promises';

/** `work`, or `late` where it takes longer than `ms`. The work then goes on by itself; what it comes to is dropped. */
export async function atMost<T>(ms: number, work: Promise<T>, late: T): Promise<T> {
  const timer = new AbortController();
  try {
    return await Promise.race([work, after(ms, late, { signal: timer.signal })]);
  } finally {
    timer.abort();
  }
}
