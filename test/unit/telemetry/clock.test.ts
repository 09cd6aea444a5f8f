import { expect } from 'chai';
import { systemClock } from '../../../src/telemetry/clock.js';

describe('system clock', () => {
  it('tells the time of day and a time that only grows', () => {
    expect(Math.abs(systemClock.now() - Date.now())).to.be.below(1_000);
    const first = systemClock.monotonic();
    expect(systemClock.monotonic()).to.be.at.least(first);
  });
});
