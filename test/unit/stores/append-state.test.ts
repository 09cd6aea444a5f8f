import { expect } from 'chai';
import type { BodyStore } from '../../../src/ports/body-store.js';
import { repositoryContext } from '../../../src/stores/sql/ground/context.js';
import type { SqlDatabase } from '../../../src/stores/sql/database.js';
import { startBodies, BodyPace } from '../../../src/stores/sql/messages/append/body-writes.js';
import { systemClock } from '../../../src/telemetry/clock.js';
import { MembersCache } from '../../../src/stores/sql/messages/append/members-cache.js';
import { Repeaters } from '../../../src/stores/sql/messages/append/duplicates.js';
import { silentLogger } from '../../helpers/stores.js';

describe('what a message log remembers', () => {
  it('of members holds only while the locked row shows the same members_rev', () => {
    const cache = new MembersCache();
    expect(cache.mayKnow([1, 10])).to.equal(false);
    cache.remember({ id: 1, membersRev: 5 }, 10);
    cache.remember({ id: 1, membersRev: 5 }, 11);
    expect(cache.mayKnow([1, 10])).to.equal(true);
    expect(cache.holds({ id: 1, membersRev: 5 }, 10)).to.equal(true);
    expect(cache.holds({ id: 1, membersRev: 6 }, 10)).to.equal(false);
    expect(cache.holds({ id: 1, membersRev: 4 }, 10)).to.equal(false);
    expect(cache.holds({ id: 1, membersRev: 5 }, 12)).to.equal(false);
    expect(cache.holds({ id: 2, membersRev: 5 }, 10)).to.equal(false);
  });

  it('of members is forgotten with the members_rev it was read at', () => {
    const cache = new MembersCache();
    cache.remember({ id: 1, membersRev: 5 }, 10);
    cache.remember({ id: 1, membersRev: 6 }, 11);
    expect(cache.mayKnow([1, 10])).to.equal(false);
    expect(cache.holds({ id: 1, membersRev: 6 }, 10)).to.equal(false);
    expect(cache.holds({ id: 1, membersRev: 6 }, 11)).to.equal(true);
  });

  it('of members is bounded, and what is used stays longest', () => {
    const cache = new MembersCache(3);
    for (const id of [1, 2, 3]) cache.remember({ id, membersRev: 1 }, 10);
    expect(cache.holds({ id: 1, membersRev: 1 }, 10)).to.equal(true);
    cache.remember({ id: 4, membersRev: 1 }, 10);
    expect([1, 2, 3, 4].filter((id) => cache.mayKnow([id, 10]))).to.deep.equal([1, 3, 4]);
    for (const sender of [11, 12, 13]) cache.remember({ id: 4, membersRev: 1 }, sender);
    expect([1, 2, 3].some((id) => cache.mayKnow([id, 10]))).to.equal(false);
  });

  it('of repeaters is bounded, the newest stay', () => {
    const repeaters = new Repeaters(2);
    for (const sender of [1, 2, 1, 3]) repeaters.add(sender);
    expect([1, 2, 3].filter((sender) => repeaters.has(sender))).to.deep.equal([1, 3]);
  });

  it('of the body store turns slow above a second and quick again well below', () => {
    const pace = new BodyPace();
    expect(pace.isSlow).to.equal(false);
    const turns = [900, 1_001, 900, 300, 200, 900].map((ms) => {
      pace.took(ms);
      return pace.isSlow;
    });
    expect(turns).to.deep.equal([false, true, true, true, false, false]);
  });
});

describe('bodies of a batch', () => {
  it('say nothing about the pace of the body store where there are none to write', async () => {
    const context = repositoryContext({} as SqlDatabase, {} as BodyStore, { clock: systemClock, logger: silentLogger });
    const pace = new BodyPace();
    pace.took(5_000);
    expect(pace.isSlow).to.equal(true);
    expect((await startBodies(context, pace, [], new Set()).lost).size).to.equal(0);
    expect(pace.isSlow).to.equal(true);
  });
});
