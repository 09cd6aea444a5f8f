/**
 * `work`, or what `late` gives where it takes longer than `ms`; `late` may throw. The work then goes on by itself, and what
 * it comes to is dropped. Plain timers: an AbortController costs 60 µs a call, which every batch of sends would pay.
 */
export async function within<T>(ms: number, work: Promise<T>, late: () => T): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => {
      try {
        resolve(late());
      } catch (error) {
        reject(error instanceof Error ? error : new Error('late', { cause: error }));
      }
    }, ms);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** `work`, or `late` where it takes longer than `ms`. */
export function atMost<T>(ms: number, work: Promise<T>, late: T): Promise<T> {
  return within(ms, work, () => late);
}
