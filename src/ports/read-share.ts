/**
 * What one request of a reader may cost, asked for before it is spent: bytes of contents that are held until the answer
 * has left, and turns in which the work is done.
 *
 * Order: `take` before any content is read. Steps of one share may run beside each other; they are not nested: a step
 * that waits for another would hold the place which that one waits for.
 * Errors: both reject with `rate_limited` where too much of the same user's waits already.
 */
export interface ReadShare {
  /** Resolves when there is room for so many bytes of this user's; small answers never wait. Once for an answer. */
  take(bytes: number): Promise<void>;
  /** A piece of work that may hold the loop for some milliseconds, in its user's turn. Answers as the task does. */
  step<T>(task: () => Promise<T>): Promise<T>;
}

/** For who reads beside no request: nothing is waited for. */
export const UNSHARED: ReadShare = { take: () => Promise.resolve(), step: (task) => task() };
