import { expect } from 'chai';
import { KINDS as LISTENERS } from '../../edge/support/edge.js';
import { report, rounds } from '../figures.js';
import { PEER_KINDS } from './kinds.js';
import { suffer, type Onslaught } from './onslaught.js';

const MB = 1_048_576;
const CONNECTIONS = rounds(5, 20);
const SECONDS = rounds(10, 30);
const QUEUE = 1_048_576;
/** One frame may be larger than the bound, and what the transport writes by itself comes on top. */
const FRAME = 160 * 1_024;
/** Lines that one connection may cost, those of its end included. */
const LINES_EACH = 3;

/** Those to whom bytes are owed: without a limit of frames, what the others take is the processor. */
const OWED = ['pings', 'ping commands', 'messages of others', 'a close behind a replay'];

interface Setting extends Pick<Onslaught, 'env' | 'kinds'> {
  readonly name: string;
  /** Bytes by which the process may grow. */
  readonly growth: number;
}

const SETTINGS: readonly Setting[] = [
  { name: 'with the default limits', env: {}, growth: 64 * MB },
  {
    name: 'without a limit of frames or heartbeats',
    env: { FRAMES_PER_SECOND: '0', HEARTBEAT_SECONDS: '0' },
    kinds: PEER_KINDS.filter(({ name }) => OWED.includes(name)),
    // Each may have the whole of its queue, for which the native side takes up to twice as much memory.
    growth: 2 * OWED.length * CONNECTIONS * QUEUE,
  },
];

describe('peers that never read, of every kind at the same time', function () {
  this.timeout(rounds(2, 5) * 60_000);
  for (const listener of LISTENERS) {
    for (const { name, growth, ...settings } of SETTINGS) {
      it(`${listener}: cost a bounded amount of memory and log ${name}`, async () => {
        const cost = await suffer({ listener, connections: CONNECTIONS, seconds: SECONDS, ...settings });
        const dropped = Object.values(cost.dropped).reduce((sum, count) => sum + count, 0);
        report(`peers, ${listener}, ${name}`, {
          'grown MB': (cost.grown / MB).toFixed(1),
          'peak MB': (cost.peak / MB).toFixed(1),
          'queued max': cost.queuedMax,
          'queued total': cost.queuedTotal,
          'log lines': cost.logLines,
          dropped,
          sends: cost.sent,
          'failed sends': cost.failed,
          'slowest send ms': Math.round(cost.slowestMs),
        });
        expect(cost.endless, JSON.stringify(cost)).to.deep.equal([]);
        expect(cost.grown, JSON.stringify(cost)).to.be.below(growth);
        expect(cost.queuedMax, JSON.stringify(cost)).to.be.at.most(QUEUE + FRAME);
        expect(cost.logLines, JSON.stringify(cost)).to.be.at.most(LINES_EACH * (dropped + 200));
        expect(cost.left).to.equal(0);
      });
    }
  }
});
