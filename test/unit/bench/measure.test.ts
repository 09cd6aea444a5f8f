import { expect } from 'chai';
import { CounterField } from '../../../bench/lib/counter-field.js';
import { measure, promiseLane, type Lane, type Sample } from '../../../bench/lib/measure.js';
import { openLoop } from '../../../bench/lib/open-loop.js';
import { describeProfile } from '../../../bench/lib/profile.js';
import { interleave, ratios, type Window } from '../../../bench/lib/rounds.js';
import { quantile, summarize } from '../../../bench/lib/stats.js';
import { rateFigure, reachesGoal } from '../../../bench/lib/figure.js';

function sampleOf(perSecond: number): Sample {
  return { operations: 1, seconds: 1, perSecond, latency: { p50: 1, p99: 2 }, cpu: { server: 3 }, clientShare: 0.1 };
}

describe('measuring', () => {
  it('interpolates quantiles and refuses to make up a figure', () => {
    expect(quantile([1, 2, 3, 4], 0.5)).to.equal(2.5);
    expect(summarize([3, 1, 2])).to.deep.equal({ median: 2, min: 1, max: 3 });
    expect(() => summarize([])).to.throw('no measurements');
  });

  it('counts only what completes within the window, and the CPU of it', async () => {
    let begun = 0;
    const lane = (): Lane => promiseLane(() => Promise.resolve((begun += 1)));
    const sample = await measure({ lanes: [lane(), lane()], warmMs: 50, ms: 100, pids: { self: process.pid } });
    expect(sample.operations).to.be.within(1, begun - 1);
    expect(sample.seconds).to.be.at.least(0.099);
    expect(sample.perSecond).to.be.closeTo(sample.operations / sample.seconds, 1e-6);
    expect(sample.cpu).to.have.keys('client', 'self');
    expect(sample.clientShare).to.be.above(0);
  });

  it('weighs an operation that stands for many', async () => {
    const sample = await measure({ lanes: [promiseLane(() => Promise.resolve())], warmMs: 0, ms: 30, weight: 100 });
    expect(sample.operations % 100).to.equal(0);
  });

  it('gives up on the first error', async () => {
    const failing = promiseLane(() => Promise.reject(new Error('broken')));
    const outcome = await measure({ lanes: [failing], warmMs: 10, ms: 10 }).catch((error: unknown) => error);
    expect(outcome).to.be.an('error').with.property('message', 'broken');
  });

  it('takes turns, in both directions, and drops the first round', async () => {
    const order: string[] = [];
    const lengths: number[] = [];
    const contestant = (name: string, rate: number) => (window: Window) => {
      order.push(name);
      lengths.push(window.ms);
      return Promise.resolve(sampleOf(rate));
    };
    const effort = { rounds: 2, firstMs: 7, window: { warmMs: 1, ms: 2 } };
    const samples = await interleave(effort, { a: contestant('a', 10), b: contestant('b', 20) });
    expect(order.join('')).to.equal('baabba');
    expect(lengths).to.deep.equal([7, 7, 2, 2, 2, 2]);
    expect(samples.a).to.have.length(2);
    expect(samples.b).to.have.length(2);
  });

  it('compares round by round and judges by the median', () => {
    expect(ratios([10, 30], [20, 30])).to.deep.equal({ median: 0.75, min: 0.5, max: 1 });
    const common = { scenario: 'x', storage: '-', what: 'w', unit: '1/s', samples: [sampleOf(10)] };
    const limit = { what: 'l', samples: [sampleOf(20)] };
    expect(reachesGoal(rateFigure({ ...common, limit, goal: { atLeast: 0.5 } }))).to.equal(true);
    expect(reachesGoal(rateFigure({ ...common, limit, goal: { atMost: 0.4 } }))).to.equal(false);
    expect(reachesGoal(rateFigure(common))).to.equal(null);
  });

  it('counts up inside prepared bytes', () => {
    const bytes = Buffer.from(`<${CounterField.hole}>`);
    const counter = new CounterField(bytes);
    const first = bytes.toString();
    counter.advance();
    expect([first, bytes.toString()]).to.deep.equal(['<000000000000>', '<000000000001>']);
    expect(() => new CounterField(Buffer.from('nothing'))).to.throw('no place');
  });

  it('lets calls arrive at random at the rate asked for', async () => {
    let fired = 0;
    const { calls, lateMs } = await openLoop({ perSecond: 1_000, ms: 300, fire: () => (fired += 1) });
    expect(calls).to.equal(fired);
    // 300 expected, standard deviation 17: outside of these bounds once in 10^8 runs.
    expect(calls).to.be.within(200, 400);
    expect(Math.min(...lateMs)).to.be.at.least(0);
  });

  it('adds up a profile by function and by package', () => {
    const frame = (functionName: string, url: string) => ({ functionName, url, lineNumber: 0 });
    const text = describeProfile({
      nodes: [
        { id: 1, callFrame: frame('(idle)', '') },
        { id: 2, callFrame: frame('append', 'file:///x/dist/src/stores/sql/log.js') },
        { id: 3, callFrame: frame('query', 'file:///x/node_modules/mysql2/lib/pool.js') },
      ],
      samples: [1, 2, 2, 3],
      timeDeltas: [5_000, 1_000, 2_000, 1_000],
    });
    expect(text).to.contain('busy 4 ms');
    expect(text).to.match(/75\.0 % {2}src\/stores\n 25\.0 % {2}mysql2/);
    expect(text).to.contain('append  src/stores/sql/log.js:1');
  });
});
