import { createHash } from 'node:crypto';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { AppError } from '../domain/errors.js';
import type { Throttle } from '../ports/throttle.js';

export interface ThrottleOptions {
  /** An hour by default. */
  readonly windowSeconds?: number;
  /** Keys remembered; the ones longest unseen are forgotten first. */
  readonly maxKeys?: number;
}

/**
 * `points` attempts per key and window; 0 = off. A window opens with a key's first attempt and forgives everything when
 * it ends. Memory is bounded: keys come from strangers, so both their number and their length are limited.
 */
export function createThrottle(points: number, options: ThrottleOptions = {}): Throttle {
  const { windowSeconds = 3_600, maxKeys = 100_000 } = options;
  if (points === 0) return OFF;
  const limiter = new RateLimiterMemory({ points, duration: windowSeconds });
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

  return {
    async consume(key) {
      const short = shortKey(key);
      await remember(short);
      try {
        await limiter.consume(short);
      } catch (refusal) {
        if (!(refusal instanceof RateLimiterRes)) throw refusal;
        throw new AppError('rate_limited', { retryAfter: Math.max(1, Math.ceil(refusal.msBeforeNext / 1_000)) });
      }
    },

    async reward(key) {
      const short = shortKey(key);
      const state = await limiter.get(short);
      // Nothing taken in this window means nothing to give back: points are never saved up.
      if (state !== null && state.consumedPoints > 0) await limiter.reward(short);
    },
  };
}

const OFF: Throttle = {
  consume: () => Promise.resolve(),
  reward: () => Promise.resolve(),
};

function shortKey(key: string): string {
  return key.length <= 64 ? `=${key}` : `#${createHash('sha256').update(key).digest('base64')}`;
}
