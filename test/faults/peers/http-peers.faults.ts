import { expect } from 'chai';
import { KINDS as LISTENERS } from '../../edge/support/edge.js';
import { report, rounds } from '../figures.js';
import { HTTP_PEERS } from './http-kinds.js';
import { suffer } from './onslaught.js';

const MB = 1_048_576;
const CONNECTIONS = rounds(5, 20);
const SECONDS = rounds(10, 30);
describe('HTTP peers that never read, of every kind at the same time', function () {
  this.timeout(rounds(2, 5) * 60_000);
  for (const listener of LISTENERS) {
    it(`${listener}: cost a bounded amount of memory and log`, async () => {
      const cost = await suffer({ listener, connections: CONNECTIONS, seconds: SECONDS, kinds: HTTP_PEERS });
      report(`HTTP peers, ${listener}`, {
        connections: CONNECTIONS * HTTP_PEERS.length,
        seconds: SECONDS,
        'grown MB': (cost.grown / MB).toFixed(1),
        'peak MB': (cost.peak / MB).toFixed(1),
        'log lines': cost.logLines,
        dropped: JSON.stringify(cost.dropped),
        'slowest send ms': Math.round(cost.slowestMs),
      });
      expect(cost.grown / MB, JSON.stringify(cost)).to.be.below(64);
      // Of one address, as all peers are: what it may write at once and in a second, and a line for each count.
      expect(cost.logLines, JSON.stringify(cost)).to.be.at.most(1_000 + 60 * Math.ceil(cost.elapsed));
    });
  }
});
