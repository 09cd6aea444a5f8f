import { expect } from 'chai';
import { SharedStatement } from '../../../src/stores/sql/ground/gather.js';

describe('reads gathered over a turn', () => {
  it('answer each of many with its own, in statements of bounded length', async () => {
    const asked: number[] = [];
    const gather = new SharedStatement((keys: readonly number[]) => {
      asked.push(keys.length);
      return Promise.resolve(keys.map((key) => key * 2));
    });
    const keys = Array.from({ length: 600 }, (_, index) => index);
    expect(await Promise.all(keys.map((key) => gather.get(key)))).to.deep.equal(keys.map((key) => key * 2));
    expect(asked).to.deep.equal([256, 256, 88]);
  });

  it('begin after the last who asked in the turn, and another turn has a read of its own', async () => {
    const asked: (readonly string[])[] = [];
    const gather = new SharedStatement((keys: readonly string[]) => {
      asked.push(keys);
      return Promise.resolve(keys);
    });
    const first = gather.get('a');
    const second = Promise.resolve().then(() => gather.get('b'));
    expect(await Promise.all([first, second])).to.deep.equal(['a', 'b']);
    expect(await gather.get('c')).to.equal('c');
    expect(asked).to.deep.equal([['a', 'b'], ['c']]);
  });

  it('fail together, and so does a read that answers fewer than asked', async () => {
    const broken = new SharedStatement(() => Promise.reject(new Error('away')));
    const short = new SharedStatement((keys: readonly number[]) => Promise.resolve(keys.slice(1)));
    for (const [gather, message] of [
      [broken, 'away'],
      [short, 'an answer for every key'],
    ] as const) {
      const outcomes = await Promise.allSettled([1, 2, 3].map((key) => gather.get(key)));
      for (const outcome of outcomes) {
        expect(outcome.status).to.equal('rejected');
        if (outcome.status === 'rejected') expect(outcome.reason).to.have.property('message', message);
      }
    }
  });
});
