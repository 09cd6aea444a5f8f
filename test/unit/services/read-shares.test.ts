import { expect } from 'chai';
import { createReadShares, type OpenShare } from '../../../src/services/reading/read-shares.js';

const LARGE = 100 * 1024;
const rest = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const codeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => null,
    (error: { readonly code?: unknown }) => error.code,
  );

describe('read shares', () => {
  function open(shares = createReadShares(), userId = 1): { share: OpenShare; used: () => number } {
    let uses = 0;
    const share = shares.open({ userId }, () => (uses += 1));
    return { share, used: () => uses };
  }

  it('cost nothing where an answer is small', async () => {
    const { share, used } = open(createReadShares({ perUser: 1, ofAll: 1, inLine: 0 }));
    for (let count = 0; count < 10; count += 1) await share.take(1_000);
    expect(share.isLarge).to.equal(false);
    expect(used()).to.equal(0);
  });

  it('hold what a large answer has taken until it is ended, which is told once', async () => {
    const shares = createReadShares({ perUser: LARGE, ofAll: 10 * LARGE, inLine: 1 });
    const first = open(shares);
    await first.share.take(LARGE);
    await first.share.step(() => Promise.resolve());
    expect(first.share.isLarge).to.equal(true);
    expect(first.used()).to.equal(1);
    const second = open(shares).share;
    let hasTaken = false;
    const taking = second.take(LARGE).then(() => (hasTaken = true));
    expect(await codeOf(open(shares).share.take(LARGE))).to.equal('rate_limited');
    await open(shares, 2).share.take(LARGE);
    expect(hasTaken).to.equal(false);
    first.share.end();
    first.share.end();
    await taking;
  });

  it('let three of the largest answers be made at a time, whose bytes then wait for the peer only', async () => {
    const shares = createReadShares();
    const largest = 4_000_000;
    const [first, second, third] = [1, 2, 3].map((userId) => open(shares, userId).share);
    for (const share of [first, second, third]) await share?.take(largest);
    let hasTaken = false;
    const taking = open(shares, 4)
      .share.take(largest)
      .then(() => (hasTaken = true));
    await new Promise(setImmediate);
    expect(hasTaken).to.equal(false);
    second?.made();
    second?.made();
    await taking;

    const left = open(shares, 5).share;
    const refused = codeOf(left.take(largest));
    left.end();
    const next = open(shares, 6).share.take(largest);
    first?.end();
    expect(await refused).to.equal('request_timeout');
    await next;
  });

  it('give up their places where nobody waits for the answer any more', async () => {
    const shares = createReadShares({ perUser: LARGE, ofAll: LARGE, inLine: 5 }, { atOnce: 1, perUser: 1, inLine: 5 });
    const holder = open(shares).share;
    await holder.take(LARGE);
    const left = open(shares).share;
    const taking = codeOf(left.take(LARGE));
    left.end();
    const next = open(shares).share;
    const nextTaking = next.take(LARGE);
    holder.end();
    expect(await taking).to.equal('request_timeout');
    await nextTaking;

    let finish = (): void => undefined;
    const running = next.step(() => new Promise<void>((resolve) => (finish = resolve)));
    const gone = open(shares).share;
    let hasRun = false;
    const step = codeOf(gone.step(() => Promise.resolve((hasRun = true))));
    gone.end();
    finish();
    await running;
    expect(await step).to.equal('request_timeout');
    expect(hasRun).to.equal(false);
  });

  it('begin one step in a turn of the loop, answer as it does, and refuse a line that is too long', async () => {
    const shares = createReadShares(undefined, { atOnce: 4, perUser: 4, inLine: 3 });
    const { share } = open(shares);
    const begun: number[] = [];
    const step = (index: number) => share.step(() => Promise.resolve(begun.push(index)));
    const steps = [step(0), step(1), step(2), step(3)];
    expect(await codeOf(step(4))).to.equal('rate_limited');
    expect(begun).to.deep.equal([0]);
    await rest();
    await rest();
    expect(begun.length).to.be.within(1, 3);
    expect(await Promise.all(steps)).to.deep.equal([1, 2, 3, 4]);
    expect(await codeOf(share.step(() => Promise.reject(new Error('of the task'))))).to.equal(undefined);
  });
});
