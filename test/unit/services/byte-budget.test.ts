import { expect } from 'chai';
import { AppError } from '../../../src/domain/errors.js';
import { ByteBudget } from '../../../src/services/reading/byte-budget.js';

const always = (): boolean => true;
const rest = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('byte budget', () => {
  /** Notes the name of each answer that has got its bytes, or that was let go. */
  function record(budget: ByteBudget) {
    const granted: string[] = [];
    const take = (name: string, userId: number, bytes: number, isWanted = always): void => {
      void budget.take(userId, bytes, isWanted).then((isGranted) => granted.push(isGranted ? name : `not ${name}`));
    };
    return { granted, take };
  }

  it('gives at once what fits, and the first answer of a user whatever its size', async () => {
    const budget = new ByteBudget({ perUser: 10, ofAll: 100, inLine: 5 });
    const { granted, take } = record(budget);
    take('a', 1, 5);
    take('b', 1, 5);
    take('huge', 2, 60);
    await rest();
    expect(granted).to.deep.equal(['a', 'b', 'huge']);
    for (const [userId, bytes] of [[1, 5], [1, 5], [2, 60]] as const) budget.release(userId, bytes); // prettier-ignore
    expect(budget.users).to.equal(0);
  });

  it('lets a user wait for his own answers, in their order, and nobody else', async () => {
    const budget = new ByteBudget({ perUser: 10, ofAll: 100, inLine: 5 });
    const { granted, take } = record(budget);
    take('a', 1, 8);
    take('b', 1, 8);
    take('c', 1, 2);
    take('other', 2, 8);
    await rest();
    expect(granted).to.deep.equal(['a', 'other']);
    budget.release(1, 8);
    await rest();
    expect(granted).to.deep.equal(['a', 'other', 'b', 'c']);
  });

  it('serves users in turn where all together hold too much', async () => {
    const budget = new ByteBudget({ perUser: 10, ofAll: 10, inLine: 5 });
    const { granted, take } = record(budget);
    take('first', 9, 10);
    for (const name of ['a1', 'a2', 'a3']) take(name, 1, 5);
    take('b1', 2, 5);
    take('late', 3, 5);
    await rest();
    expect(granted).to.deep.equal(['first']);
    budget.release(9, 10);
    await rest();
    expect(granted).to.deep.equal(['first', 'a1', 'b1']);
    budget.release(1, 5);
    budget.release(2, 5);
    await rest();
    expect(granted).to.have.length(5);
    expect(granted.slice(3)).to.have.members(['late', 'a2']);
  });

  it('refuses one more than may wait, and lets go of those that nobody wants any more', async () => {
    const budget = new ByteBudget({ perUser: 10, ofAll: 100, inLine: 2 });
    const { granted, take } = record(budget);
    let isHere = true;
    take('a', 1, 10);
    take('gone', 1, 10, () => isHere);
    take('b', 1, 10);
    const refused: unknown = await budget.take(1, 10, always).catch((error: unknown) => error);
    expect(refused).to.be.instanceOf(AppError);
    expect(refused).to.include({ code: 'rate_limited', retryAfter: 1 });
    isHere = false;
    take('c', 1, 10);
    await rest();
    expect(granted).to.deep.equal(['a', 'not gone']);
    budget.release(1, 10);
    await rest();
    expect(granted).to.deep.equal(['a', 'not gone', 'b']);
  });

  it('passes over answers that are not wanted when their turn comes, and keeps nothing of who is done', async () => {
    const budget = new ByteBudget({ perUser: 10, ofAll: 100, inLine: 5 });
    const { granted, take } = record(budget);
    take('a', 1, 10);
    take('gone', 1, 10, () => false);
    budget.release(1, 10);
    await rest();
    expect(granted).to.deep.equal(['a', 'not gone']);
    expect(budget.users).to.equal(0);
  });
});
