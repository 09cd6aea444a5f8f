import { expect } from 'chai';
import { ownUsernameKey, searchText, usernameKey } from '../../src/domain/user-keys.js';
import type { SqlValue } from '../../src/stores/sql/database.js';
import { upgradeUsernames } from '../../src/stores/sql/upgrades/usernames.js';
import { systemClock } from '../../src/telemetry/clock.js';
import { createRandom } from '../helpers/random.js';
import { openTestStores, silentLogger, type TestStores } from '../helpers/stores.js';

interface Account {
  readonly name: string;
  readonly key: string;
}

/** As a server of before left them: whatever keys it made, all different; their ids are their places from 1. */
async function before({ sql }: TestStores, accounts: readonly Account[]): Promise<void> {
  const COLUMNS = 'id, username, username_key, username_search, email, email_key, hashed_password, created_at';
  await sql.transaction(async (tx) => {
    for (const table of ['progress', 'user_pairs', 'users']) await tx.run(`DELETE FROM ${table}`);
    for (const [at, { name, key }] of accounts.entries()) {
      const email = `${at}@example.org`;
      const keys = [Buffer.from(key), Buffer.from(searchText(name)), email, Buffer.from(email)];
      const row: readonly SqlValue[] = [at + 1, name, ...keys, `hash of ${name}`, new Date()];
      await tx.run(`INSERT INTO users (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`, row);
    }
  });
}

const keysOf = async ({ sql }: TestStores): Promise<readonly string[]> => {
  const { users } = sql.tables;
  const rows = await sql.read(({ db }) => db.select({ key: users.usernameKey }).from(users).orderBy(users.id));
  return rows.map(({ key }) => key);
};

/** The oldest of those whose names look alike has the key, the others one of their own. */
function expected(accounts: readonly Account[]): readonly string[] {
  return accounts.map(({ name }, at) => {
    const first = accounts.findIndex((other) => usernameKey(other.name) === usernameKey(name));
    return first === at ? usernameKey(name) : ownUsernameKey(name);
  });
}

const ACCOUNTS: readonly Account[] = [
  // Holds what the next one is to have, and has to give it up first.
  { name: 'contr\u10ffl', key: 'contr\u10ffl' },
  { name: 'control', key: 'control' },
  { name: 'c\u2c9fntrol', key: 'c\u2c9fntrol' },
  { name: '\u{1f170}dmin', key: '\u{1f170}dmin' },
  { name: 'ann', key: 'ann' },
  { name: 'Admin', key: 'admin' },
  { name: 'bob1', key: 'bob1' },
  { name: 'bobl', key: 'bobl' },
  // Keys of before that are names of others now.
  { name: 'first', key: 'second' },
  { name: 'second', key: 'third' },
  { name: 'third', key: 'first' },
];

describe('usernames of before', () => {
  it('get the key of what they look like, the oldest first, and all log in by their own spelling', async () => {
    const lines: { facts: object; message: string }[] = [];
    const logger = { ...silentLogger, info: (facts: object, message: string) => void lines.push({ facts, message }) };
    const stores = await openTestStores();
    try {
      await before(stores, ACCOUNTS);
      await upgradeUsernames(stores.sql, { clock: systemClock, logger }, 2);
      expect(await keysOf(stores)).to.deep.equal(expected(ACCOUNTS));
      for (const [at, { name }] of ACCOUNTS.entries()) {
        for (const login of [name, name.toUpperCase()]) {
          const found = await stores.users.findByLogin(login);
          expect(found?.user.id, login).to.equal(at + 1);
          expect(found?.hashedPassword).to.equal(`hash of ${name}`);
        }
        expect((await stores.users.search(name, 50)).map((user) => user.username)).to.include(name);
      }
      // Others that look like them reach the oldest, and nobody takes their place.
      expect((await stores.users.findByLogin('c\u043entrol'))?.user.id).to.equal(1);
      for (const username of ['control', 'c\u043entrol', 'c\u2c9fntrol', 'admin']) {
        const draft = { username, email: 'new@example.org', fullName: null, hashedPassword: 'h' };
        const refusal: unknown = await stores.users.create(draft).catch((error: unknown) => error);
        expect(refusal).to.include({ code: 'username_taken' });
      }
      const told = lines.filter(({ message }) => message.startsWith('accounts whose usernames look like'));
      expect(told.map(({ facts }) => facts)).to.deep.equal([
        { accounts: 3, users: ['2 control', '3 c\u2c9fntrol', '6 Admin'] },
      ]);
    } finally {
      await stores.close();
    }
  });

  it('are told at every start, no more than twenty by name', async () => {
    const facts: object[] = [];
    const logger = { ...silentLogger, info: (each: object) => void facts.push(each) };
    const stores = await openTestStores();
    try {
      await before(stores, [
        { name: 'abc', key: 'abc' },
        { name: '\u{1f170}bc', key: '\u{1f170}bc' },
      ]);
      await upgradeUsernames(stores.sql, { clock: systemClock, logger });
      await upgradeUsernames(stores.sql, { clock: systemClock, logger });
      expect(facts).to.deep.equal(Array.from({ length: 2 }, () => ({ accounts: 1, users: ['2 \u{1f170}bc'] })));
      facts.length = 0;
      const letters = ['a', '\u{1f170}', '\u{1f150}', '\u{1f1e6}', '\u1d00'];
      const names = letters.flatMap((one) => letters.map((other) => `${one}${other}b`));
      await before(
        stores,
        names.map((name) => ({ name, key: name })),
      );
      await upgradeUsernames(stores.sql, { clock: systemClock, logger });
      const [told] = facts as { accounts: number; users: string[] }[];
      expect(told?.accounts).to.equal(24);
      expect(told?.users).to.have.length(21);
      expect(told?.users.at(-1)).to.equal('and 4 more');
    } finally {
      await stores.close();
    }
  });

  for (const slice of [1, 3]) {
    it(`come out the same wherever it is cut off, ${slice} at a time`, async () => {
      const random = createRandom();
      let left = Number.POSITIVE_INFINITY;
      const strike = (): void => {
        left -= 1;
        if (left < 0) throw new Error('killed');
      };
      const stores = await openTestStores({ onStatement: strike, afterCommit: strike });
      try {
        // Each survives so many statements more than the one before it got done: every statement is struck once.
        await before(stores, ACCOUNTS);
        let kills = 0;
        for (let survives = 0; survives < 10_000; survives += 1 + random.below(2)) {
          left = survives;
          const end = await upgradeUsernames(stores.sql, { clock: systemClock, logger: silentLogger }, slice).then(
            () => null,
            (error: unknown) => error,
          );
          left = Number.POSITIVE_INFINITY;
          const keys = await keysOf(stores);
          expect(new Set(keys).size, `seed ${random.seed}`).to.equal(ACCOUNTS.length);
          if (end === null) break;
          kills += 1;
        }
        expect(kills).to.be.above(8);
        expect(await keysOf(stores), `seed ${random.seed}`).to.deep.equal(expected(ACCOUNTS));
      } finally {
        left = Number.POSITIVE_INFINITY;
        await stores.close();
      }
    }).timeout(60_000);
  }
});
