import { RateLimiterMemory } from 'rate-limiter-flexible';
import type { Counted, Throttle } from '../ports/throttle.js';
import { rateLimited } from './retry-after.js';
import { shortKey } from './short-key.js';

export interface ThrottleOptions {
  /** An hour by default. */
  readonly windowSeconds?: number;
  /** Keys remembered; the ones longest unseen are forgotten first. */
  readonly maxKeys?: number;
}

/**
 * `points` attempts per key and window, times the key's factor; 0 = off. A window opens with a key's first attempt and
 * forgives everything when it ends. Memory is bounded: keys come from strangers, so both their number and their length
 * are limited.
 */
export function createThrottle(points: number, options: ThrottleOptions = {}): Throttle {
  const { windowSeconds = 3_600, maxKeys = 100_000 } = options;
  if (points === 0) return OFF;
  // A factor is part of the key: the bound of one limiter is judged here, since the package knows one bound for all keys.
  const limiter = new RateLimiterMemory({ points: Number.MAX_SAFE_INTEGER, duration: windowSeconds });
  /** In the order of their last attempt; a Set keeps the order of insertion. */
  const recent = new Set<string>();

  async function remember(key: string): Promise<void> {
    recent.delete(key);
    recent.add(key);
    if (recent.size <= maxKeys) return;
    for (const oldest of recent) {
      recent.delete(oldest);
      await limiter.delete(oldest);
      return;
    }
  }

  /** Milliseconds until the key has a point; 0 = it has one. */
  async function waitFor({ key, factor }: Counted): Promise<number> {
    const state = await limiter.get(shortKey(key));
    return state === null || state.consumedPoints < points * factor ? 0 : Math.max(0, state.msBeforeNext);
  }

  async function take(key: string): Promise<number> {
    await remember(key);
    return (await limiter.penalty(key)).consumedPoints;
  }

  async function giveBack(key: string): Promise<void> {
    const state = await limiter.get(key);
    // Nothing taken in this window means nothing to give back: points are never saved up.
    if (state !== null && state.consumedPoints > 0 && state.msBeforeNext > 0) await limiter.reward(key);
  }

  return {
    async consume(keys) {
      const taken: string[] = [];
      for (const { key, factor } of keys) {
        const short = shortKey(key);
        taken.push(short);
        if ((await take(short)) <= points * factor) continue;
        for (const each of taken) await giveBack(each);
        // Other keys may have to wait longer still: who comes back when told should find that all have room.
        throw rateLimited(Math.max(...(await Promise.all(keys.map(waitFor)))));
      }
    },

    async reward(keys) {
      for (const { key } of keys) await giveBack(shortKey(key));
    },
  };
}

const OFF: Throttle = {
  consume: () => Promise.resolve(),
  reward: () => Promise.resolve(),
};
