import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { searchText } from '../../src/domain/user-keys.js';
import type { UserStore } from '../../src/ports/user-store.js';
import { createRandom } from '../helpers/random.js';
import type { OpenUserStore } from './user-store.suite.js';

/** Search: literal, without regard to case, the same on every store. */
export function userSearchSuite(open: OpenUserStore): void {
  describe('user store: search', () => {
    let users: UserStore;
    let close: () => Promise<void>;

    before(async () => {
      const stores = await open();
      users = stores.users;
      close = () => stores.close();
      const people: readonly (readonly [string, string | null])[] = [
        ['anna', 'Anna Karenina'],
        ['Boris', null],
        ['Jos\u00e9', 'Jos\u00e9 \u00c1lvarez'],
        ['jose2', 'Plain Jose'],
        ['percent', '100% sure'],
        ['under_score', 'a_b'],
        ['underXscore', 'aXb'],
        ['back\\slash', 'ends with \\'],
        ['quote', 'O\'Neill "x"'],
        ['smile\u{1f600}', null],
        ['zelda', 'Stra\u00dfe'],
      ];
      for (const [username, fullName] of people) {
        const email = `${randomUUID()}@secret.example`;
        await users.create({ username, email, fullName, hashedPassword: 'hash' });
      }
    });
    after(() => close());

    const rows: readonly (readonly [string, readonly string[]])[] = [
      ['ann', ['anna']],
      ['ANN', ['anna']],
      ['karen', ['anna']],
      ['\uff22oris', ['Boris']],
      ['jos\u00e9', ['Jos\u00e9']],
      ['JOSE\u0301', ['Jos\u00e9']],
      ['jose', ['jose2']],
      ['\u00e1lv', ['Jos\u00e9']],
      ['%', ['percent']],
      ['%%', []],
      ['0%', ['percent']],
      ['a%b', []],
      ['_', ['under_score']],
      ['a_b', ['under_score']],
      ['r_s', ['under_score']],
      ['\\', ['back\\slash']],
      ['with \\', ['back\\slash']],
      ["'n", ['quote']],
      ['"x"', ['quote']],
      ['\u{1f600}', ['smile\u{1f600}']],
      ['\u{1f601}', []],
      ['strasse', ['zelda']],
      ['secret.example', []],
      ['\u200b\u200b', []],
      ['%'.repeat(64), []],
    ];
    for (const [text, found] of rows) {
      it(`finds ${JSON.stringify(text.slice(0, 12))} literally`, async () => {
        expect((await users.search(text, 50)).map((user) => user.username)).to.deep.equal(found);
      });
    }

    it('orders by username whatever its case, and stops at the limit', async () => {
      const all = (await users.search('e', 50)).map((user) => user.username);
      expect(all).to.deep.equal([
        'anna',
        'back\\slash',
        'jose2',
        'Jos\u00e9',
        'percent',
        'quote',
        'smile\u{1f600}',
        'under_score',
        'underXscore',
        'zelda',
      ]);
      expect((await users.search('e', 2)).map((user) => user.username)).to.deep.equal(all.slice(0, 2));
    });

    it('leaves disabled users out, and lets look-ups tell that they are', async () => {
      const stores = await open();
      try {
        const made = await stores.users.create({
          username: 'disabled',
          email: 'disabled@example.org',
          fullName: null,
          hashedPassword: 'hash',
        });
        await stores.sql.transaction((tx) => tx.run('UPDATE users SET is_active = 0 WHERE id = ?', [made.id]));
        expect(await stores.users.search('disabled', 5)).to.deep.equal([]);
        expect(await stores.users.findById(made.id)).to.deep.equal({ ...made, isActive: false });
        expect((await stores.users.findByLogin('disabled'))?.user.isActive).to.equal(false);
      } finally {
        await stores.close();
      }
    });

    it('finds by a full name as it is now', async () => {
      const [boris] = await users.search('boris', 1);
      if (boris === undefined) throw new Error('Boris is missing');
      await users.updateProfile(boris.id, { fullName: 'Godunov' });
      expect((await users.search('GODU', 5)).map((user) => user.username)).to.deep.equal(['Boris']);
      await users.updateProfile(boris.id, { fullName: null });
      expect(await users.search('GODU', 5)).to.deep.equal([]);
    });

    it('holds the longest names, whatever they unfold to', async () => {
      const username = '\ufdfa'.repeat(50);
      const made = await users.create({
        username,
        email: 'long@example.org',
        fullName: '\ufdfa'.repeat(100),
        hashedPassword: 'h',
      });
      expect((await users.findByLogin(username))?.user).to.deep.equal(made);
      expect((await users.search('\ufdfa', 5)).map((user) => user.id)).to.deep.equal([made.id]);
    });

    it('puts usernames that begin with the text before the others', async () => {
      const stores = await open();
      try {
        const names = ['xena max', 'Maximilian', 'aamax', 'max'].map((name) => [name.replace(' ', '_'), null] as const);
        for (const [username, fullName] of [...names, ['abel', 'Max Abel'] as const]) {
          await stores.users.create({ username, email: `${username}@example.org`, fullName, hashedPassword: 'h' });
        }
        const found = (await stores.users.search('max', 50)).map((user) => user.username);
        expect(found).to.deep.equal(['max', 'Maximilian', 'aamax', 'abel', 'xena_max']);
        expect((await stores.users.search('max', 3)).map((user) => user.username)).to.deep.equal(found.slice(0, 3));
      } finally {
        await stores.close();
      }
    });

    it('finds exactly those whose names contain a text, whatever they hold', async () => {
      const random = createRandom();
      const letters = ['a', 'b', 'A', '\u00e9', '\u00df', '\u65e5', '\u{1f600}', '%', '_', '\u0430'] as const;
      const word = (most: number, extra: readonly string[] = []): string => {
        const from = [...letters, ...extra];
        return Array.from({ length: 1 + random.below(most) }, () => from[random.below(from.length)]).join('');
      };
      const stores = await open();
      try {
        const people: { username: string; fullName: string | null }[] = [];
        for (let number = 0; number < 60; number += 1) {
          const person = {
            username: `${word(6)}${number}${word(3)}`,
            fullName: random.below(4) === 0 ? null : word(12, [' ']),
          };
          await stores.users.create({ ...person, email: `${number}@example.org`, hashedPassword: 'h' });
          people.push(person);
        }
        for (let round = 0; round < 200; round += 1) {
          const source = people[random.below(people.length)];
          const name = Array.from(source?.fullName ?? source?.username ?? '');
          const from = random.below(name.length);
          const part = name.slice(from, from + 2 + random.below(4)).join('');
          const asked = random.below(3) === 0 ? word(4, [' ']) : part;
          const wanted = searchText(asked);
          const rank = (username: string): string =>
            `${searchText(username).startsWith(wanted) ? 0 : 1}${searchText(username)}`;
          const expected = people
            .filter((one) => [one.username, one.fullName ?? ''].some((text) => searchText(text).includes(wanted)))
            .map((one) => one.username)
            .sort((one, other) => Buffer.compare(Buffer.from(rank(one)), Buffer.from(rank(other))));
          const found = (await stores.users.search(asked, 50)).map((user) => user.username);
          expect(found, `${JSON.stringify(asked)}, PARLEY_TEST_SEED=${random.seed}`).to.deep.equal(
            expected.slice(0, 50),
          );
        }
      } finally {
        await stores.close();
      }
    }).timeout(60_000);
  });
}
