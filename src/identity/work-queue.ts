import { AppError } from '../domain/errors.js';

export interface WorkQueue {
  /** Runs the task when a place is free, first come first served; `overloaded` when too many wait already. */
  run<T>(task: () => Promise<T>): Promise<T>;
}

/** At most `places` tasks at once and `waiting` behind them. */
export function createWorkQueue(places: number, waiting: number): WorkQueue {
  let running = 0;
  const queue: (() => void)[] = [];

  return {
    async run(task) {
      if (running < places) running += 1;
      else if (queue.length >= waiting) throw new AppError('overloaded', { retryAfter: 5 });
      else await new Promise<void>((resolve) => queue.push(resolve));
      try {
        return await task();
      } finally {
        const next = queue.shift();
        // The place goes to the next in line as it is: in between, nobody can take it.
        if (next === undefined) running -= 1;
        else next();
      }
    },
  };
}
