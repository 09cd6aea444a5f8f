import { DriverFailure } from '../errors.js';

/** Hands out a fixed number of places, in the order of asking; who waits longer than the deadline fails. */
export class PlaceQueue {
  #free: number;
  readonly #deadlineMs: number;
  readonly #waiting = new Set<() => void>();

  constructor(places: number, deadlineMs: number) {
    this.#free = places;
    this.#deadlineMs = deadlineMs;
  }

  /** Resolves to the function that gives the place back. */
  async enter(): Promise<() => void> {
    if (this.#free > 0) this.#free -= 1;
    else await this.#wait();
    let left = false;
    return () => {
      if (left) return;
      left = true;
      const [next] = this.#waiting;
      if (next === undefined) this.#free += 1;
      else next();
    };
  }

  #wait(): Promise<void> {
    return new Promise((resolve, reject) => {
      const enter = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(enter);
        resolve();
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(enter);
        reject(new DriverFailure({ code: 'ACQUIRE_TIMEOUT', phase: 'connect' }));
      }, this.#deadlineMs);
      this.#waiting.add(enter);
    });
  }
}
