import { expect } from 'chai';
import { createLastSeen, type LastSeen } from '../../../src/services/users/last-seen.js';

describe('last seen', () => {
  let now: number;
  let written: { userId: number; at: Date }[][];
  let warnings: string[];
  let fail: boolean;
  let lastSeen: LastSeen;

  beforeEach(() => {
    now = 1_000;
    written = [];
    warnings = [];
    fail = false;
    lastSeen = createLastSeen({
      users: {
        touchLastSeen: (seen) => {
          if (fail) return Promise.reject(new Error('away'));
          written.push([...seen]);
          return Promise.resolve();
        },
      },
      clock: { now: () => now, monotonic: () => now },
      logger: {
        debug: () => undefined,
        info: () => undefined,
        warn: (_facts, message) => void warnings.push(message),
        error: () => undefined,
      },
    });
  });

  it('writes nothing when a user is noted, and each user once when the time has come', async () => {
    for (const userId of [7, 8, 7, 7]) {
      now += 10;
      lastSeen.note(userId);
    }
    expect(written).to.deep.equal([]);
    await lastSeen.flush();
    expect(written).to.deep.equal([
      [
        { userId: 7, at: new Date(1_040) },
        { userId: 8, at: new Date(1_020) },
      ],
    ]);
    await lastSeen.flush();
    expect(written).to.have.lengthOf(1);
  });

  it('writes what is left when it stops', async () => {
    lastSeen.start();
    lastSeen.note(7);
    await lastSeen.stop();
    expect(written).to.have.lengthOf(1);
  });

  it('loses freshness and nothing else when the store is away', async () => {
    fail = true;
    lastSeen.note(7);
    await lastSeen.flush();
    expect(warnings).to.have.lengthOf(1);
    fail = false;
    lastSeen.note(7);
    await lastSeen.flush();
    expect(written).to.have.lengthOf(1);
  });
});
