import { expect } from 'chai';
import { KINDS as LISTENERS } from '../../edge/support/edge.js';
import { suffer } from './onslaught.js';

const MB = 1_048_576;
const CONNECTIONS = 2;
const SECONDS = 4;
/**
 * In the proportion of the long form, 64 MB for 220 peers of sockets, it would be 6 MB; what the engine and the allocator
 * keep at hand differs by more from run to run. Twenty peers that ping made the native
 * listener grow by 100 MB a second.
 */
const GROWTH = 32 * MB;
const QUEUE = 1_048_576;
const LINES_EACH = 3;

describe('peers that never read, of every kind at the same time', function () {
  this.timeout(180_000);
  for (const listener of LISTENERS) {
    it(`${listener}: cost little memory, little log, and hold nobody up for long`, async () => {
      const cost = await suffer({ listener, connections: CONNECTIONS, seconds: SECONDS });
      const figures = JSON.stringify(cost);
      const ended = Object.values(cost.dropped).reduce((sum, count) => sum + count, 0);
      expect(cost.endless, figures).to.deep.equal([]);
      expect(cost.grown, figures).to.be.below(GROWTH);
      expect(cost.queuedMax, figures).to.be.at.most(QUEUE);
      // Those that are still there may have written theirs.
      expect(cost.logLines, figures).to.be.at.most(LINES_EACH * (ended + 64));
      expect(cost.left, figures).to.equal(0);
    });
  }
});
