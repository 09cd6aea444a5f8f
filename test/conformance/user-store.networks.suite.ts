import { randomBytes, randomUUID } from 'node:crypto';
import { expect } from 'chai';
import type { User } from '../../src/domain/user.js';
import type { UserStore } from '../../src/ports/user-store.js';
import type { OpenUserStore } from './user-store.suite.js';

const REMEMBERED = 16;

/** From where somebody has logged in: what ports/user-store.ts promises. */
export function userNetworksSuite(open: OpenUserStore): void {
  describe('user store: networks of logins', () => {
    let users: UserStore;
    let close: () => Promise<void>;

    before(async () => {
      const stores = await open();
      users = stores.users;
      close = () => stores.close();
    });
    after(() => close());

    const newNetwork = (): Uint8Array => randomBytes(16);
    const day = (number: number): Date => new Date(Date.UTC(2026, 0, number, 12, 0, 0, 123));

    async function newUser(network?: Uint8Array): Promise<User> {
      const username = `u${randomUUID()}`;
      const draft = { username, email: `${username}@example.org`, fullName: null, hashedPassword: 'hash' };
      return users.create(network === undefined ? draft : { ...draft, network });
    }
    async function lastLogin({ username }: User, network?: Uint8Array): Promise<Date | null | undefined> {
      return (await users.findByLogin(username, network))?.lastLogin;
    }

    it('knows none at first, and nothing of what nobody asked about', async () => {
      const user = await newUser();
      expect(await lastLogin(user, newNetwork())).to.equal(null);
      await users.noteLogin(user.id, newNetwork(), day(1));
      expect(await lastLogin(user)).to.equal(null);
      expect(await users.findByLogin('nobody', newNetwork())).to.equal(null);
    });

    it('knows the one of the registration from its own moment on', async () => {
      const [here, there] = [newNetwork(), newNetwork()];
      const user = await newUser(here);
      expect(await lastLogin(user, here)).to.deep.equal(user.createdAt);
      expect(await lastLogin(user, there)).to.equal(null);
    });

    it('keeps them apart by user and by every byte, whatever name the account is found by', async () => {
      const network = newNetwork();
      const [one, other] = [await newUser(), await newUser()];
      await users.noteLogin(one.id, network, day(1));
      expect(await lastLogin(other, network)).to.equal(null);
      for (let at = 0; at < 16; at += 1) {
        const near = network.map((byte, index) => (index === at ? byte ^ 0x80 : byte));
        expect(await lastLogin(one, near)).to.equal(null);
      }
      for (const name of [one.username.toUpperCase(), one.email]) {
        const found = await users.findByLogin(name, network);
        expect(found).to.deep.equal({ user: one, hashedPassword: 'hash', lastLogin: day(1) });
      }
    });

    it('moves a time forward only', async () => {
      const network = newNetwork();
      const user = await newUser();
      for (const [at, then] of [
        [2, 2],
        [1, 2],
        [3, 3],
        [3, 3],
      ] as const) {
        await users.noteLogin(user.id, network, day(at));
        expect(await lastLogin(user, network)).to.deep.equal(day(then));
      }
    });

    it(`remembers the newest ${REMEMBERED} of a user, one after the other`, async () => {
      const networks = Array.from({ length: REMEMBERED + 4 }, newNetwork);
      const [user, other] = [await newUser(networks[0]), await newUser()];
      await users.noteLogin(other.id, networks[0] ?? newNetwork(), day(1));
      for (const [index, network] of networks.entries()) await users.noteLogin(user.id, network, day(100 - index));
      // The registration's was of now; the others came with older and older times, and the last of them stays all the same.
      const kept = await Promise.all(networks.map(async (network) => (await lastLogin(user, network)) !== null));
      expect(kept.filter(Boolean)).to.have.lengthOf(REMEMBERED);
      expect(kept[networks.length - 1], 'the one just noted').to.equal(true);
      expect(await lastLogin(other, networks[0]), 'of another user').to.deep.equal(day(1));

      const newest = newNetwork();
      await users.noteLogin(user.id, newest, day(200));
      expect(await lastLogin(user, newest)).to.deep.equal(day(200));
      expect(await lastLogin(user, networks[networks.length - 1]), 'the oldest went').to.equal(null);
    });

    it('remembers no more when many are noted at once, and each of one at once', async () => {
      const user = await newUser();
      const networks = Array.from({ length: REMEMBERED * 2 }, newNetwork);
      await Promise.all(networks.map((network, index) => users.noteLogin(user.id, network, day(index))));
      const kept = await Promise.all(networks.map(async (network) => (await lastLogin(user, network)) !== null));
      expect(kept.filter(Boolean)).to.have.lengthOf(REMEMBERED);

      const [one] = [newNetwork()];
      await Promise.all(Array.from({ length: 8 }, (_, index) => users.noteLogin(user.id, one, day(300 + index))));
      expect(await lastLogin(user, one)).to.deep.equal(day(307));
    });

    it('does nothing for nobody', async () => {
      await users.noteLogin(999_999_999, newNetwork(), day(1));
    });
  });
}
