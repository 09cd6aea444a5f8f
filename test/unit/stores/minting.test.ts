import { expect } from 'chai';
import type { Clock } from '../../../src/ports/clock.js';
import { createMint } from '../../../src/stores/sql/messages/append/minting.js';

describe('the clock of minted ids', () => {
  it('learns nothing wrong from a reading during which the process stood still', () => {
    let now = 1_000_000;
    const clock: Clock = { now: () => now, monotonic: () => now };
    const mint = createMint(clock);
    const database = (): Date => new Date(now + 5_000);
    mint.observe(database(), now);
    expect(mint.mint().at).to.deep.equal(database());
    const since = now;
    const answered = database();
    now += 600_000;
    mint.observe(answered, since);
    expect(mint.mint().at, 'after ten minutes without a turn').to.deep.equal(database());
    mint.observe(new Date(now + 7_000), now - 10);
    expect(mint.mint().at, 'the clock has been set').to.deep.equal(new Date(now + 7_000));
  });
});
