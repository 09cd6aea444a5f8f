import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import type { User } from '../../src/domain/user.js';
import type { NewUser, UserStore } from '../../src/ports/user-store.js';
import type { SqlDatabase } from '../../src/stores/sql/database.js';
import { expectCode } from './chat-store.fixtures.js';

/** `sql` is for states that no port can bring about. */
export type OpenUserStore = () => Promise<{
  readonly users: UserStore;
  readonly sql: SqlDatabase;
  close(): Promise<void>;
}>;

/** What ports/user-store.ts promises: accounts, their uniqueness, and what is written behind. */
export function userStoreSuite(open: OpenUserStore): void {
  describe('user store: accounts', () => {
    let users: UserStore;
    let close: () => Promise<void>;

    before(async () => {
      const stores = await open();
      users = stores.users;
      close = () => stores.close();
    });
    after(() => close());

    function draft(change: Partial<NewUser> = {}): NewUser {
      const tag = randomUUID();
      return { username: `u${tag}`, email: `${tag}@example.org`, fullName: null, hashedPassword: 'hash', ...change };
    }

    it('says whether anybody is there', async () => {
      const stores = await open();
      try {
        expect(await stores.users.isEmpty()).to.equal(true);
        await stores.users.create(draft());
        expect(await stores.users.isEmpty()).to.equal(false);
      } finally {
        await stores.close();
      }
    });

    it('keeps what it was given, byte for byte', async () => {
      const before = Date.now();
      const made = await users.create(
        draft({
          username: 'Zo\u00eb \u{1f600} 100%_\\',
          email: 'Zo\u00eb@Example.ORG',
          fullName: "O'Neill; -- \u{10ffff}",
        }),
      );
      expect(made).to.include({
        username: 'Zo\u00eb \u{1f600} 100%_\\',
        email: 'Zo\u00eb@Example.ORG',
        isActive: true,
      });
      expect(made.fullName).to.equal("O'Neill; -- \u{10ffff}");
      expect(made.lastSeen).to.equal(null);
      expect(made.createdAt.getTime()).to.be.within(before, Date.now());
      expect(await users.findById(made.id)).to.deep.equal(made);
    });

    it('numbers users upwards', async () => {
      const first = await users.create(draft());
      const second = await users.create(draft());
      expect(second.id).to.be.greaterThan(first.id);
    });

    it('gives one verdict on names and addresses that look alike', async () => {
      const tag = randomUUID().slice(0, 8);
      const name = `admin${tag}`;
      await users.create(draft({ username: name, email: `${name}@example.org` }));
      for (const twin of [
        name.toUpperCase(),
        `\u00e1dmin${tag}`,
        `\u0430dmin${tag}`,
        `\uff41dmin${tag}`,
        `${name}\u200b`,
      ]) {
        await expectCode(users.create(draft({ username: twin })), 'username_taken');
        expect((await users.findByLogin(twin))?.user.username).to.equal(name);
      }
      await expectCode(users.create(draft({ email: `${name.toUpperCase()}@EXAMPLE.org` })), 'email_taken');
      await users.create(draft({ username: `${name}s` }));
    });

    it('names the username first when both are taken', async () => {
      const taken = await users.create(draft());
      await expectCode(users.create(draft({ username: taken.username, email: taken.email })), 'username_taken');
      const other = await users.create(draft());
      await expectCode(users.create(draft({ username: other.username, email: taken.email })), 'username_taken');
      await expectCode(users.create(draft({ email: taken.email })), 'email_taken');
    });

    it('lets exactly one of many register a name at once', async () => {
      const wanted = draft();
      const tries = await Promise.allSettled(
        Array.from({ length: 8 }, (_, at) => users.create({ ...wanted, email: `${at}-${wanted.email}` })),
      );
      expect(tries.filter((each) => each.status === 'fulfilled')).to.have.length(1);
      for (const each of tries) {
        if (each.status === 'rejected') await expectCode(Promise.reject(each.reason as Error), 'username_taken');
      }
    });

    it('finds by ids in order, without the unknown and without repeats', async () => {
      const made: User[] = [];
      for (let index = 0; index < 3; index += 1) made.push(await users.create(draft()));
      const ids = made.map((user) => user.id);
      const asked = [...ids, 999_999_999].reverse().concat(ids);
      expect(await users.findByIds(asked)).to.deep.equal(made);
      expect(await users.findByIds([])).to.deep.equal([]);
      expect(await users.findById(999_999_999)).to.equal(null);
    });

    it('finds by username or address, with the stored password', async () => {
      const made = await users.create(draft({ hashedPassword: '$2b$12$value' }));
      for (const login of [made.username, made.username.toUpperCase(), made.email, made.email.toUpperCase()]) {
        expect(await users.findByLogin(login)).to.deep.equal({
          user: made,
          hashedPassword: '$2b$12$value',
          lastLogin: null,
        });
      }
      for (const login of ['nobody', 'nobody@example.org', '', "' OR 1=1 -- ", '%']) {
        expect(await users.findByLogin(login)).to.equal(null);
      }
    });

    it('changes only what the change names', async () => {
      const made = await users.create(draft({ fullName: 'Before' }));
      const email = `new-${made.email}`;
      expect(await users.updateProfile(made.id, { email })).to.deep.equal({ ...made, email });
      expect(await users.updateProfile(made.id, { fullName: 'After' })).to.deep.equal({
        ...made,
        email,
        fullName: 'After',
      });
      expect(await users.updateProfile(made.id, {})).to.deep.equal({ ...made, email, fullName: 'After' });
      expect(await users.updateProfile(made.id, { fullName: null })).to.deep.equal({ ...made, email, fullName: null });
      expect((await users.findByLogin(email))?.user.id).to.equal(made.id);
      expect(await users.findByLogin(made.email)).to.equal(null);
      expect(await users.updateProfile(999_999_999, { fullName: 'x' })).to.equal(null);
    });

    it('refuses an address of another, and takes a new spelling of the own', async () => {
      const [one, two] = [await users.create(draft()), await users.create(draft())];
      await expectCode(users.updateProfile(two.id, { email: one.email.toUpperCase() }), 'email_taken');
      expect((await users.findById(two.id))?.email).to.equal(two.email);
      expect((await users.updateProfile(one.id, { email: one.email.toUpperCase() }))?.email).to.equal(
        one.email.toUpperCase(),
      );
    });

    it('says which accounts are there and active', async () => {
      const stores = await open();
      try {
        const made = [await stores.users.create(draft()), await stores.users.create(draft())];
        const ids = made.map(({ id }) => id);
        const asked = [...ids, 999_999_999, ...ids];
        expect([...(await stores.users.activeAmong(asked))].sort()).to.deep.equal(ids);
        await stores.sql.transaction((tx) => tx.run('UPDATE users SET is_active = FALSE WHERE id = ?', [ids[0] ?? 0]));
        expect([...(await stores.users.activeAmong(asked))]).to.deep.equal([ids[1]]);
        expect((await stores.users.activeAmong([])).size).to.equal(0);
      } finally {
        await stores.close();
      }
    });

    it('replaces a password hash only while it is the one that was read', async () => {
      const made = await users.create(draft({ hashedPassword: 'old' }));
      await users.replacePasswordHash(made.id, 'stale', 'lost');
      expect((await users.findByLogin(made.username))?.hashedPassword).to.equal('old');
      await users.replacePasswordHash(made.id, 'old', 'new');
      expect((await users.findByLogin(made.username))?.hashedPassword).to.equal('new');
    });

    it('moves last_seen forward only, each user to a moment of their own', async () => {
      const [one, two] = [await users.create(draft()), await users.create(draft())];
      const [early, late] = [new Date('2026-01-02T03:04:05.678Z'), new Date('2026-01-02T03:05:05.001Z')];
      const lastSeen = async () => (await users.findByIds([one.id, two.id])).map((user) => user.lastSeen);
      await users.touchLastSeen([]);
      await users.touchLastSeen([
        { userId: two.id, at: late },
        { userId: one.id, at: early },
        { userId: 999_999_999, at: late },
      ]);
      expect(await lastSeen()).to.deep.equal([early, late]);
      await users.touchLastSeen([
        { userId: one.id, at: late },
        { userId: two.id, at: early },
      ]);
      expect(await lastSeen()).to.deep.equal([late, late]);
    });
  });
}
