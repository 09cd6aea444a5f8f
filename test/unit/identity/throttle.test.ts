import { expect } from 'chai';
import { AppError } from '../../../src/domain/errors.js';
import { createThrottle } from '../../../src/identity/throttle.js';
import type { Throttle } from '../../../src/ports/throttle.js';

/** How many of so many attempts pass. */
async function passes(throttle: Throttle, key: string, attempts: number): Promise<number> {
  const results = await Promise.allSettled(Array.from({ length: attempts }, () => throttle.consume(key)));
  return results.filter((result) => result.status === 'fulfilled').length;
}

describe('throttle', () => {
  it('lets exactly its points through, per key, and says when to come back', async () => {
    const throttle = createThrottle(3);
    expect(await passes(throttle, 'a', 10)).to.equal(3);
    expect(await passes(throttle, 'b', 10)).to.equal(3);
    const refusal = await throttle.consume('a').catch((error: unknown) => error);
    expect(refusal).to.be.instanceOf(AppError).with.property('code', 'rate_limited');
    expect((refusal as AppError).retryAfter).to.be.within(3_500, 3_600);
  });

  it('is off with 0 points', async () => {
    const throttle = createThrottle(0);
    expect(await passes(throttle, 'a', 1_000)).to.equal(1_000);
    await throttle.reward('a');
  });

  it('gives points back, and never more than were taken', async () => {
    const throttle = createThrottle(2);
    await throttle.reward('a');
    await throttle.reward('a');
    expect(await passes(throttle, 'a', 5)).to.equal(2);
    const other = createThrottle(2);
    await other.consume('a');
    await other.reward('a');
    await other.reward('a');
    expect(await passes(other, 'a', 5)).to.equal(2);
  });

  it('forgives when the window ends', async () => {
    const throttle = createThrottle(1, { windowSeconds: 1 });
    expect(await passes(throttle, 'a', 3)).to.equal(1);
    const started = performance.now();
    while ((await passes(throttle, 'a', 1)) === 0) {
      expect(performance.now() - started).to.be.below(5_000);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(performance.now() - started).to.be.above(700);
  });

  it('remembers a bounded number of keys and forgets the longest unseen', async () => {
    const throttle = createThrottle(1, { maxKeys: 3 });
    for (const key of ['a', 'b', 'c', 'a', 'd']) await throttle.consume(key).catch(() => null);
    expect(await passes(throttle, 'a', 1), 'seen lately').to.equal(0);
    expect(await passes(throttle, 'c', 1)).to.equal(0);
    expect(await passes(throttle, 'b', 1), 'forgotten').to.equal(1);
  });

  it('tells keys apart that are long or have the names of properties', async () => {
    const throttle = createThrottle(1);
    for (const key of ['__proto__', 'constructor', '', 'x'.repeat(500), `${'x'.repeat(499)}y`, '=', '#']) {
      expect(await passes(throttle, key, 2), key).to.equal(1);
    }
  });
});
