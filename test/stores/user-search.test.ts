import { expect } from 'chai';
import type { SqlValue } from '../../src/stores/sql/database.js';
import { addGrams, gramsOfNames, usernameColumns, type Gram } from '../../src/stores/sql/users/names.js';
import { upgradeUsernames } from '../../src/stores/sql/upgrades/usernames.js';
import { systemClock } from '../../src/telemetry/clock.js';
import { openTestStores, silentLogger, type TestStores } from '../helpers/stores.js';

const deps = { clock: systemClock, logger: silentLogger };

/** Accounts by their usernames, in one transaction, with ids from 1. */
async function fill({ sql }: TestStores, usernames: readonly string[], grams = true): Promise<void> {
  const COLUMNS = 'username, username_key, username_search, email, email_key, hashed_password, created_at';
  const rows = usernames.map((username): readonly SqlValue[] => {
    const { usernameKey, usernameSearch } = usernameColumns(username);
    const email = `${username}@example.org`;
    const keys = [Buffer.from(usernameKey), Buffer.from(usernameSearch), email, Buffer.from(email)] as const;
    return [username, ...keys, 'h', new Date()];
  });
  await sql.transaction(async (tx) => {
    for (const row of rows) await tx.run(`INSERT INTO users (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)`, row);
    if (!grams) return;
    const ids = await tx.query('SELECT id, username FROM users');
    const pairs = ids.flatMap(({ id, username }): Gram[] => {
      const { usernameSearch } = usernameColumns(String(username));
      return Array.from(gramsOfNames(usernameSearch, null), (gram) => [gram, Number(id)]);
    });
    await addGrams(tx, sql.words, pairs);
  });
}

describe('the index that people are searched by', () => {
  it('L9 compares no more than 2,000 names where more hold the text, and still finds who begins with it', async () => {
    const stores = await openTestStores();
    try {
      const common = Array.from({ length: 2_100 }, (_, at) => `x${2_100 - at}common`);
      await fill(stores, [...common, 'commonplace', 'aaa_common']);
      const found = (await stores.users.search('common', 50)).map((user) => user.username);
      // The last but one to register, by the index of usernames; then accounts of longest standing, by their names.
      expect(found[0]).to.equal('commonplace');
      expect(found.slice(1)).to.deep.equal(common.slice(0, 49).sort());
      expect((await stores.users.search('x7common', 50)).map((user) => user.username)).to.deep.equal(['x7common']);
      expect((await stores.users.search('aa_common', 50)).map((user) => user.username)).to.deep.equal(['aaa_common']);
    } finally {
      await stores.close();
    }
  }).timeout(60_000);

  it('follows a profile, and keeps nothing of an older name', async () => {
    const stores = await openTestStores();
    const rows = () => stores.sql.read((session) => session.query('SELECT gram FROM user_pairs ORDER BY gram'));
    try {
      const draft = { username: 'ann', email: 'a@example.org', fullName: null, hashedPassword: 'h' };
      const { id } = await stores.users.create(draft);
      const before = await rows();
      await stores.users.updateProfile(id, { fullName: 'Ann Archer' });
      await stores.users.updateProfile(id, { fullName: 'Ann Baker', email: 'b@example.org' });
      expect(await stores.users.search('archer', 5)).to.deep.equal([]);
      expect(await stores.users.search('n bak', 5)).to.have.length(1);
      await stores.users.updateProfile(id, { email: 'c@example.org' });
      expect(await stores.users.search('n bak', 5)).to.have.length(1);
      await stores.users.updateProfile(id, { fullName: null });
      expect(await rows()).to.deep.equal(before);
    } finally {
      await stores.close();
    }
  });

  it('is filled for accounts of before it, whenever that is cut off', async () => {
    let left = Number.POSITIVE_INFINITY;
    const count = (): void => {
      left -= 1;
      if (left < 0) throw new Error('killed');
    };
    const stores = await openTestStores({ onStatement: count, afterCommit: count });
    try {
      const names = Array.from({ length: 7 }, (_, at) => `user${at}`);
      await fill(stores, names, false);
      await stores.sql.transaction((tx) => tx.run('DELETE FROM progress'));
      expect(await stores.users.search('ser3', 5)).to.deep.equal([]);
      let kills = 0;
      for (let survives = 0; ; survives += 1) {
        left = survives;
        const ended = await upgradeUsernames(stores.sql, deps, 2).then(
          () => true,
          () => false,
        );
        if (ended) break;
        kills += 1;
      }
      left = Number.POSITIVE_INFINITY;
      expect(kills).to.be.above(10);
      for (const name of names) expect(await stores.users.search(name.slice(1), 5)).to.have.length(1);
      const made = await stores.sql.read((session) => session.query('SELECT COUNT(*) AS made FROM user_pairs'));
      expect(Number(made[0]?.['made'])).to.equal(names.reduce((sum, name) => sum + gramsOfNames(name, null).size, 0));
    } finally {
      left = Number.POSITIVE_INFINITY;
      await stores.close();
    }
  }).timeout(60_000);

  it('is filled once, and costs two reads from then on', async () => {
    const texts: string[] = [];
    const stores = await openTestStores({ onStatement: (text) => void texts.push(text) });
    try {
      texts.length = 0;
      await upgradeUsernames(stores.sql, deps);
      expect(texts).to.have.length(2);
    } finally {
      await stores.close();
    }
  });
});

/** What SQLite plans does not depend on what it has counted. */
function plansSuite(): void {
  it('is read, and never the table of users from end to end', async () => {
    const texts = new Set<string>();
    const stores = await openTestStores({ onStatement: (text) => void texts.add(text) });
    try {
      const common = Array.from({ length: 1_700 }, (_, at) => `x${at}common`);
      await fill(stores, common);
      texts.clear();
      for (const asked of ['common', 'comm', 'om', 'x17', 'x', 'mmon x', 'nobody'])
        await stores.users.search(asked, 50);
      const statements = [...texts];
      expect(statements.length).to.be.within(4, 12);
      for (const text of statements) {
        const plan = await stores.sql.read((session) => session.query(`EXPLAIN QUERY PLAN ${text}`));
        const scans = plan
          .map(({ detail }) => String(detail))
          .filter((line) => /^SCAN (users|user_pairs|pairs|others)/.test(line));
        expect(
          scans.filter((line) => !line.includes('users_username_search')),
          text,
        ).to.deep.equal([]);
      }
    } finally {
      await stores.close();
    }
  }).timeout(60_000);
}

if (process.env['PARLEY_TEST_STORE'] !== 'split') describe('the index that people are searched by', plansSuite);
