import { expect } from 'chai';
import { KINDS as LISTENERS } from '../../edge/support/edge.js';
import { HTTP_PEERS } from './http-kinds.js';
import { suffer } from './onslaught.js';

const MB = 1_048_576;
const SECONDS = 5;

describe('HTTP peers that never read', function () {
  this.timeout(240_000);
  for (const listener of LISTENERS) {
    it(`${listener}: cost a bounded amount of memory and log`, async () => {
      const cost = await suffer({ listener, connections: 2, seconds: SECONDS, kinds: HTTP_PEERS });
      expect(cost.grown / MB, JSON.stringify(cost)).to.be.below(64);
      // Of one address: so many at once, so many a second.
      expect(cost.logLines, JSON.stringify(cost)).to.be.at.most(1_100 + 60 * Math.ceil(cost.elapsed));
    });
  }
});
