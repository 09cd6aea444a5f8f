import { expect } from 'chai';
import { latencyFigure, plainFigure, rateFigure, reachesGoal } from '../../../bench/lib/figure.js';
import { markdownOf } from '../../../bench/lib/markdown.js';
import type { Sample } from '../../../bench/lib/measure.js';
import type { Report } from '../../../bench/lib/report.js';

const COMMON = { scenario: 'S9', storage: 'embedded' };

function sample(perSecond: number, p50 = 1, p99 = 2): Sample {
  return { operations: 1, seconds: 1, perSecond, latency: { p50, p99 }, cpu: { server: 10 }, clientShare: 0.25 };
}

describe('figures of the bench', () => {
  it('reach a goal by the median of the ratios of each round', () => {
    const limit = { what: 'raw/s', samples: [sample(100), sample(1_000), sample(10)] };
    const samples = [sample(50), sample(100), sample(9)];
    const figure = (atLeast: number) =>
      rateFigure({ ...COMMON, what: 'w', unit: '1/s', samples, limit, goal: { atLeast } });
    expect(figure(0.5).limit?.ratio).to.deep.equal({ median: 0.5, min: 0.1, max: 0.9 });
    expect([reachesGoal(figure(0.5)), reachesGoal(figure(0.51))]).to.deep.equal([true, false]);
  });

  it('reach a goal of their own value where it says so, and none without one', () => {
    const figure = (atMost: number) =>
      plainFigure({ ...COMMON, what: 'w', unit: 'KB', goal: { atMost, of: 'value' } }, [5, 7, 6]);
    expect([reachesGoal(figure(6)), reachesGoal(figure(5.9))]).to.deep.equal([true, false]);
    expect(reachesGoal(plainFigure({ ...COMMON, what: 'w', unit: 'KB' }, [1]))).to.equal(null);
    expect(reachesGoal(plainFigure({ ...COMMON, what: 'w', unit: 'KB', goal: { atMost: 1 } }, [1]))).to.equal(null);
  });

  it('compare latencies with what a limit allows', () => {
    const limit = { what: 'ms', samples: [sample(1, 3, 9)], allows: ({ latency }: Sample) => latency.p50 + 2 };
    const figure = latencyFigure({ ...COMMON, what: 'w', quantile: 'p99', samples: [sample(1, 1, 10)], limit });
    expect(figure.limit?.ratio.median).to.equal(2);
  });

  it('become tables of a document, one for each storage, with their notes', () => {
    const noted = plainFigure({ ...COMMON, what: 'a|b', unit: 'KB', note: 'by hand' }, [1]);
    const report: Report = {
      startedAt: '2030-01-01T00:00:00.000Z',
      seconds: 60,
      machine: {
        ...{ cpu: 'CPU', cores: 2, memoryGiB: 4, kernel: '6', node: 'v20', loadBefore: 0 },
        fdatasync: { p50: 1, p99: 2 },
      },
      versions: {},
      durability: {},
      effort: {},
      figures: [noted, { ...noted, storage: 'split', note: 'other' }],
    };
    const text = markdownOf(report);
    expect(text).to.match(/^Measured on 2030-01-01/);
    expect(text).to.contain('### SQLite').and.to.contain('### MariaDB + MongoDB');
    expect(text).to.contain('a\\|b').and.to.contain('by hand').and.to.contain('other');
  });
});
