import { expect } from 'chai';
import { AppError } from '../../../src/domain/errors.js';
import type { User } from '../../../src/domain/user.js';
import { createRecentUsers, type RecentUsers } from '../../../src/services/users/recent-users.js';

describe('recent users', () => {
  let now: number;
  let reads: number[];
  let stored: Map<number, User>;
  let away: boolean;
  let recent: RecentUsers;

  function account(id: number, isActive = true): User {
    const createdAt = new Date(0);
    return { id, username: `u${id}`, email: 'x@example.org', fullName: null, isActive, createdAt, lastSeen: null };
  }

  beforeEach(() => {
    now = 5_000;
    reads = [];
    away = false;
    stored = new Map([[7, account(7)]]);
    const findById = (id: number): Promise<User | null> => {
      reads.push(id);
      return away ? Promise.reject(new AppError('unavailable')) : Promise.resolve(stored.get(id) ?? null);
    };
    recent = createRecentUsers({ findById }, { now: () => now, monotonic: () => now });
  });

  it('reads an account once in a second, also for requests at the same time', async () => {
    const found = await Promise.all([recent.find(7), recent.find(7)]);
    now += 999;
    found.push(await recent.find(7));
    expect(found.map((user) => user?.username)).to.deep.equal(['u7', 'u7', 'u7']);
    expect(reads).to.deep.equal([7]);
  });

  it('sees within a second that an account was disabled or removed elsewhere', async () => {
    await recent.find(7);
    stored.set(7, account(7, false));
    now += 1_000;
    expect((await recent.find(7))?.isActive).to.equal(false);
    stored.clear();
    now += 1_000;
    expect(await recent.find(7)).to.equal(null);
  });

  it('sees at once what was changed here', async () => {
    await recent.find(7);
    stored.set(7, { ...account(7), fullName: 'Seven' });
    recent.forget(7);
    expect((await recent.find(7))?.fullName).to.equal('Seven');
  });

  it('keeps no failure', async () => {
    away = true;
    const failure: unknown = await recent.find(7).catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(AppError);
    away = false;
    expect((await recent.find(7))?.id).to.equal(7);
  });

  it('keeps a bounded number of accounts', async () => {
    for (let id = 1; id <= 10_001; id += 1) await recent.find(id);
    reads = [];
    await recent.find(10_001);
    await recent.find(1);
    expect(reads).to.deep.equal([1]);
  });
});
