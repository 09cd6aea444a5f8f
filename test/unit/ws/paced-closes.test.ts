import { expect } from 'chai';
import { closePaced } from '../../../src/ws/socket/paced-closes.js';
import { FakeClock } from './fakes.js';

interface Slice {
  readonly atMs: number;
  readonly count: number;
}

/** Closes so many, each pause being `lateMs` longer than it should, and tells what was closed when. */
async function slicesOf(count: number, lateMs = 0): Promise<Slice[]> {
  const clock = new FakeClock(0);
  const closed: number[] = [];
  const slices: Slice[] = [];
  let before = 0;
  const note = (): void => {
    slices.push({ atMs: clock.time, count: closed.length - before });
    before = closed.length;
  };
  const items = Array.from({ length: count }, (_, index) => index);
  const work = closePaced(items, (item) => closed.push(item), {
    clock,
    pause(ms) {
      note();
      clock.time += ms + lateMs;
      return Promise.resolve();
    },
  });
  // Few are closed before the call returns.
  const atOnce = closed.length;
  await work;
  note();
  expect(closed).to.deep.equal(items);
  expect(atOnce).to.equal(slices[0]?.count);
  return slices;
}

describe('paced closes', () => {
  it('close a few hundred at once', async () => {
    for (const count of [0, 1, 250]) expect(await slicesOf(count)).to.deep.equal([{ atMs: 0, count }]);
  });

  it('close more in slices of a few hundred', async () => {
    expect(await slicesOf(600)).to.deep.equal([
      { atMs: 0, count: 250 },
      { atMs: 50, count: 250 },
      { atMs: 100, count: 100 },
    ]);
  });

  it('spread ten thousand, and any number, evenly over a second', async () => {
    for (const count of [5_001, 10_000, 100_003]) {
      const slices = await slicesOf(count);
      expect(slices.at(-1)?.atMs, `${count}`).to.be.within(900, 1_000);
      expect(slices[0]?.count).to.equal(Math.ceil(count / 20));
      expect(Math.max(...slices.map((slice) => slice.count))).to.equal(Math.ceil(count / 20));
    }
  });

  it('catch up where the process is too busy to be on time', async () => {
    const slices = await slicesOf(10_000, 300);
    expect(slices.map((slice) => slice.atMs)).to.deep.equal([0, 350, 700, 1_050]);
    expect(slices[1]?.count).to.equal(3_500);
  });

  it('are as many when a timer fires a moment early', async () => {
    expect((await slicesOf(10_000, -1)).map((slice) => slice.count)).to.deep.equal(Array<number>(20).fill(500));
  });
});
