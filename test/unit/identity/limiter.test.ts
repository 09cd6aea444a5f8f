import { expect } from 'chai';
import { AppError, retryAfterSeconds } from '../../../src/domain/errors.js';
import { createLimiter, type Rate, type Rates } from '../../../src/identity/limiter.js';
import type { Limiter } from '../../../src/ports/limiter.js';
import { createRandom } from '../../helpers/random.js';
import { FakeClock } from '../ws/fakes.js';

const OFF: Rates = { send: [], edit: [], create_chat: [], add_people: [], read: [], search: [], changes: [] };
const calls = (most: number, seconds: number): Rate => ({ most, of: 'calls', windowMs: seconds * 1_000 });
const bytes = (most: number, seconds: number): Rate => ({ most, of: 'bytes', windowMs: seconds * 1_000 });

describe('limiter', () => {
  let clock: FakeClock;
  beforeEach(() => {
    clock = new FakeClock(1_000);
  });

  const limiting = (send: readonly Rate[], maxUsers?: number): Limiter =>
    createLimiter({ ...OFF, send }, clock, maxUsers === undefined ? {} : { maxUsers });

  /** Seconds that the refusal asks for; null: let in. */
  function ask(take: () => unknown): number | null {
    try {
      take();
      return null;
    } catch (error) {
      expect(error).to.be.instanceOf(AppError).with.property('code', 'rate_limited');
      return (error as AppError).retryAfter ?? Number.NaN;
    }
  }
  const call = (limiter: Limiter, userId = 1) => ask(() => limiter.take(userId, 'send'));
  const text = (limiter: Limiter, amount: number, userId = 1) => ask(() => limiter.takeBytes(userId, 'send', amount));
  function passes(limiter: Limiter, attempts: number, userId = 1): number {
    return Array.from({ length: attempts }, () => call(limiter, userId)).filter((wait) => wait === null).length;
  }

  it('lets so many through in a window, to each user and kind of work apart', () => {
    const limiter = createLimiter({ ...OFF, send: [calls(3, 60)], read: [calls(2, 60)] }, clock);
    expect(passes(limiter, 10)).to.equal(3);
    expect(passes(limiter, 10, 2)).to.equal(3);
    expect(ask(() => limiter.take(1, 'read'))).to.equal(null);
    for (let count = 0; count < 100; count += 1) expect(ask(() => limiter.take(1, 'search'))).to.equal(null);
  });

  it('opens a window with the first call, and says truly when it ends', () => {
    const limiter = limiting([calls(1, 60)]);
    expect(call(limiter)).to.equal(null);
    clock.time += 12_500;
    expect(call(limiter)).to.equal(47.5);
    clock.time += 47_499;
    expect(call(limiter)).to.equal(0.001);
    clock.time += 1;
    expect(call(limiter)).to.equal(null);
    expect(call(limiter)).to.equal(60);
  });

  it('holds all windows together, and a refused call takes from none', () => {
    const limiter = limiting([calls(2, 1), calls(5, 60)]);
    expect(passes(limiter, 100)).to.equal(2);
    clock.time += 1_000;
    expect(passes(limiter, 100)).to.equal(2);
    clock.time += 1_000;
    expect(passes(limiter, 100)).to.equal(1);
    // The longest of those that are full.
    expect(call(limiter)).to.equal(58);
  });

  it('counts bytes beside calls', () => {
    const limiter = limiting([calls(10, 1), bytes(1_000, 60)]);
    expect(text(limiter, 600)).to.equal(null);
    expect(text(limiter, 401)).to.equal(60);
    expect(text(limiter, 400)).to.equal(null);
    expect(text(limiter, 1)).to.equal(60);
    expect(passes(limiter, 20), 'calls are not hindered by them').to.equal(10);
    clock.time += 60_000;
    expect(text(limiter, 5_000), 'a fresh window has room for anything').to.equal(null);
  });

  it('tells of bytes the time at which the call is let in again, too', () => {
    const limiter = limiting([calls(1, 60), bytes(1_000, 10)]);
    text(limiter, 1_000);
    clock.time += 5_000;
    expect(call(limiter)).to.equal(null);
    expect(text(limiter, 1)).to.equal(60);
  });

  it('never tells a time at which it refuses again: random limits and calls', () => {
    const random = createRandom();
    for (let round = 0; round < 300; round += 1) {
      const rates = Array.from({ length: 1 + random.below(3) }, () =>
        (random.below(3) === 0 ? bytes : calls)(1 + random.below(20), 1 + random.below(90)),
      );
      const limiter = limiting(rates);
      for (let step = 0; step < 60; step += 1) {
        clock.time += random.below(4_000);
        const amount = 1 + random.below(9);
        const begun = call(limiter);
        const wait = begun ?? text(limiter, amount);
        if (wait === null) continue;
        clock.time += 1_000 * retryAfterSeconds(wait);
        expect(call(limiter), `seed ${random.seed}, round ${round}, step ${step}`).to.equal(null);
        if (begun === null) expect(text(limiter, amount), `bytes, seed ${random.seed}, round ${round}`).to.equal(null);
      }
    }
  });

  it('never lets more through than each window allows: random calls, counted again', () => {
    const random = createRandom();
    const rates = [calls(3, 1), calls(20, 30)];
    const limiter = limiting(rates);
    const times: number[] = [];
    for (let step = 0; step < 5_000; step += 1) {
      clock.time += random.below(300);
      if (call(limiter) === null) times.push(clock.time);
    }
    for (const { most, windowMs } of rates) {
      // Windows that open with a call: each next one begins with the first call after the last one's end.
      for (let at = 0; at < times.length;) {
        const start = times[at] ?? 0;
        const inside = times.filter((time) => time >= start && time < start + windowMs).length;
        expect(inside, `seed ${random.seed}`).to.be.at.most(most);
        at += inside;
      }
    }
  });

  it('remembers a bounded number of users, and nobody less than the longest window', () => {
    const limiter = limiting([calls(1, 60)], 100);
    for (let userId = 1; userId <= 50; userId += 1) expect(call(limiter, userId)).to.equal(null);
    clock.time += 59_999;
    for (let userId = 1; userId <= 50; userId += 1) expect(call(limiter, userId), `user ${userId}`).to.equal(0.001);
    expect(call(limiter, 1_000)).to.equal(null);
    for (let userId = 2_000; userId < 2_200; userId += 1) call(limiter, userId);
    expect(call(limiter, 2_199), 'seen lately').to.equal(60);
    expect(call(limiter, 1_000), 'forgotten for the newer ones').to.equal(null);
  });
});
