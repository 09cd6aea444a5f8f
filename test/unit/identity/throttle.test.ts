import { expect } from 'chai';
import { AppError } from '../../../src/domain/errors.js';
import { createThrottle } from '../../../src/identity/throttle.js';
import type { Counted, Throttle } from '../../../src/ports/throttle.js';

const one = (key: string): readonly Counted[] => [{ key, factor: 1 }];

/** How many of so many attempts pass. */
async function passes(throttle: Throttle, key: string | readonly Counted[], attempts: number): Promise<number> {
  const keys = typeof key === 'string' ? one(key) : key;
  const results = await Promise.allSettled(Array.from({ length: attempts }, () => throttle.consume(keys)));
  return results.filter((result) => result.status === 'fulfilled').length;
}

describe('throttle', () => {
  it('lets exactly its points through, per key, and says when to come back', async () => {
    const throttle = createThrottle(3);
    expect(await passes(throttle, 'a', 10)).to.equal(3);
    expect(await passes(throttle, 'b', 10)).to.equal(3);
    const refusal = await throttle.consume(one('a')).catch((error: unknown) => error);
    expect(refusal).to.be.instanceOf(AppError).with.property('code', 'rate_limited');
    expect((refusal as AppError).retryAfter).to.be.within(3_500, 3_600);
  });

  it('is off with 0 points', async () => {
    const throttle = createThrottle(0);
    expect(await passes(throttle, 'a', 1_000)).to.equal(1_000);
    await throttle.reward(one('a'));
  });

  it('gives points back, and never more than were taken', async () => {
    const throttle = createThrottle(2);
    await throttle.reward(one('a'));
    await throttle.reward(one('a'));
    expect(await passes(throttle, 'a', 5)).to.equal(2);
    const other = createThrottle(2);
    await other.consume(one('a'));
    await other.reward(one('a'));
    await other.reward(one('a'));
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
    for (const key of ['a', 'b', 'c', 'a', 'd']) await throttle.consume(one(key)).catch(() => null);
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

  describe('over several keys', () => {
    const site = (home: number, at: number): readonly Counted[] => [
      { key: `site ${home}.${at}`, factor: 1 },
      { key: `home ${home}`, factor: 4 },
    ];

    it('gives each as much room as its factor says', async () => {
      const throttle = createThrottle(2);
      for (let at = 0; at < 4; at += 1) expect(await passes(throttle, site(1, at), 5)).to.equal(2);
      expect(await passes(throttle, site(1, 4), 5), 'the home is full').to.equal(0);
      expect(await passes(throttle, site(2, 0), 5), 'another home').to.equal(2);
    });

    it('takes from all or from none', async () => {
      const throttle = createThrottle(2);
      await passes(throttle, site(1, 0), 2);
      expect(await passes(throttle, site(1, 0), 50), 'refused by the narrow one').to.equal(0);
      for (let at = 1; at < 4; at += 1) expect(await passes(throttle, site(1, at), 2)).to.equal(2);
      expect(await passes(throttle, site(1, 4), 50), 'refused by the wide one').to.equal(0);
      await throttle.reward(site(1, 0));
      expect(await passes(throttle, site(1, 4), 1), 'which took nothing from the narrow one').to.equal(1);
    });

    it('says when all have room', async () => {
      const wide: Counted = { key: 'wide', factor: 1 };
      const throttle = createThrottle(1, { windowSeconds: 5 });
      await throttle.consume(one('narrow'));
      await new Promise((resolve) => setTimeout(resolve, 1_200));
      await throttle.consume([wide]);
      const refusal = await throttle.consume([...one('narrow'), wide]).catch((error: unknown) => error);
      expect((refusal as AppError).retryAfter, 'the later end of the two windows').to.equal(5);
    });
  });

  it('gives back what was taken, however many were refused meanwhile', async () => {
    const throttle = createThrottle(2);
    expect(await passes(throttle, 'a', 50)).to.equal(2);
    await throttle.reward(one('a'));
    expect(await passes(throttle, 'a', 50)).to.equal(1);
  });
});
