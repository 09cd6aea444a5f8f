import { expect } from 'chai';
import { Binary, MongoClient } from 'mongodb';
import { createConnection } from 'mysql2/promise';
import { openStores } from '../../src/stores/open-stores.js';
import { createMongoClient } from '../../src/stores/mongo/client.js';
import type { SplitOptions } from '../../src/stores/store-set.js';
import type { Session, SqlRow } from '../../src/stores/sql/database.js';
import { openMysql } from '../../src/stores/sql/dialects/mysql/index.js';
import { systemClock } from '../../src/telemetry/clock.js';
import { expectCode } from '../conformance/chat-store.fixtures.js';
import { openTestStores, silentLogger, type TestStores } from '../helpers/stores.js';

const deps = { clock: systemClock, logger: silentLogger };

/** What only MySQL and MongoDB have: connections that break, servers that are slow. Part of the services leg. */
function splitSuite(): void {
  describe('split storage', () => {
    let stores: TestStores;
    let storage: SplitOptions;
    let beforeCommit: (() => Promise<void>) | null = null;

    before(async () => {
      stores = await openTestStores({
        onStatement: (_text, phase) => (phase === 'commit' ? beforeCommit?.() : undefined),
      });
      if (stores.storage.kind !== 'split') throw new Error('this suite needs the split store');
      storage = stores.storage;
    });
    afterEach(() => {
      beforeCommit = null;
    });
    after(() => stores.close());

    async function fromOutside(statement: string): Promise<void> {
      const { host, port, user, password } = storage.mysql;
      const connection = await createConnection({ host, port, user, password });
      await connection.query(statement).finally(() => connection.destroy());
    }

    async function threadOf(session: Session): Promise<number> {
      const [row] = await session.query('SELECT CONNECTION_ID() AS id');
      return Number(row?.['id']);
    }

    const newUser = (username: string) => ({
      username,
      email: `${username}@example.org`,
      fullName: null,
      hashedPassword: 'h',
    });
    const INSERT = `INSERT INTO users (username, username_key, username_search, email, email_key, hashed_password, created_at)
      VALUES (?, ?, ?, ?, ?, 'h', ?)`;
    const row = (name: string) => [name, name, name, name, name, new Date()];

    it('sets every pooled connection up alike', async () => {
      const settings = async (session: Session) => {
        const [level] = await session.query(
          `SHOW SESSION VARIABLES WHERE Variable_name IN ('transaction_isolation', 'tx_isolation')`,
        );
        const [row] = await session.query(
          'SELECT @@time_zone AS zone, @@innodb_lock_wait_timeout AS lockWait, @@wait_timeout AS idle, @@sql_mode AS mode',
        );
        return { level: level?.['Value'], ...row };
      };
      // Nested, so that each is a connection of its own.
      await stores.sql.read(async (one) => {
        await stores.sql.transaction(async (two) => {
          for (const session of [one, two]) {
            const found: SqlRow = await settings(session);
            expect(found).to.include({ level: 'READ-COMMITTED', zone: '+00:00', lockWait: 3, idle: 60 });
            expect(found['mode']).to.include('STRICT_TRANS_TABLES').and.not.include('NO_BACKSLASH_ESCAPES');
          }
        });
      });
    });

    it('says unavailable when the connection is killed in a transaction, and leaves nothing of it', async () => {
      await expectCode(
        stores.sql.transaction(async (tx) => {
          await tx.run(INSERT, row('killed-in-transaction'));
          await fromOutside(`KILL ${await threadOf(tx)}`);
          await tx.run(INSERT, row('after-the-kill'));
        }),
        'unavailable',
      );
      expect(await stores.users.findByLogin('killed-in-transaction')).to.equal(null);
      expect(await stores.users.findByLogin('after-the-kill')).to.equal(null);
    });

    it('says indeterminate when the connection is killed at COMMIT', async () => {
      await expectCode(
        stores.sql.transaction(async (tx) => {
          await tx.run(INSERT, row('killed-at-commit'));
          const thread = await threadOf(tx);
          beforeCommit = () => fromOutside(`KILL ${thread}`);
        }),
        'indeterminate',
      );
      beforeCommit = null;
      expect(await stores.users.findByLogin('killed-at-commit')).to.equal(null);
    });

    it('replaces connections that the server closed while they were idle', async () => {
      const threads = await Promise.all(Array.from({ length: 3 }, () => stores.sql.transaction(threadOf)));
      for (const thread of new Set(threads)) await fromOutside(`KILL ${thread}`);
      let failures = 0;
      for (let attempt = 0; attempt < 6; attempt += 1) {
        await stores.users.isEmpty().catch(() => (failures += 1));
      }
      // The pool hears of a closed connection at once or with the statement that finds it closed, never twice.
      expect(failures).to.be.at.most(new Set(threads).size);
      expect(await stores.users.isEmpty()).to.be.a('boolean');
    });

    it('resolves a real deadlock by running one of the two again', async () => {
      await stores.users.create(newUser('left'));
      await stores.users.create(newUser('right'));
      const LOCK = 'SELECT id FROM users WHERE username_key = ? FOR UPDATE';
      let inside = 0;
      let release: () => void = () => undefined;
      const bothInside = new Promise<void>((resolve) => (release = resolve));
      let runs = 0;
      const cross = (first: string, second: string) =>
        stores.sql.transaction(async (tx) => {
          runs += 1;
          await tx.query(LOCK, [Buffer.from(first)]);
          if ((inside += 1) === 2) release();
          await bothInside;
          await tx.query(LOCK, [Buffer.from(second)]);
        });
      await Promise.all([cross('left', 'right'), cross('right', 'left')]);
      expect(runs).to.equal(3);
    });

    it('waits for no statement and no place in the pool longer than its deadline', async () => {
      const sql = openMysql({ ...storage.mysql, poolSize: 2 });
      try {
        const started = performance.now();
        const sleeping = Array.from({ length: 2 }, () =>
          expectCode(
            sql.read((session) => session.query('SELECT SLEEP(60)')),
            'unavailable',
          ),
        );
        const waiting = expectCode(
          sql.read((session) => session.query('SELECT 1')),
          'unavailable',
        );
        await Promise.all([...sleeping, waiting]);
        expect(performance.now() - started).to.be.within(4_500, 9_000);
        expect(await sql.read((session) => session.query('SELECT 1 AS one'))).to.deep.equal([{ one: 1 }]);
      } finally {
        await sql.close();
      }
    });

    it('gives a write transaction up whose statement is not answered, with its locks and its place', async () => {
      const sql = openMysql({ ...storage.mysql, poolSize: 1 });
      const LOCK = 'SELECT id FROM users WHERE username_key = ? FOR UPDATE';
      try {
        await stores.users.create(newUser('held'));
        const started = performance.now();
        const hanging = sql.transaction(async (tx) => {
          await tx.query(LOCK, [Buffer.from('held')]);
          await tx.query('SELECT SLEEP(60)');
        });
        await expectCode(hanging, 'unavailable');
        await sql.transaction((tx) => tx.query(LOCK, [Buffer.from('held')]));
        expect(performance.now() - started).to.be.within(4_500, 12_000);
      } finally {
        await sql.close();
      }
    });

    it('keeps values apart from SQL, whatever they hold', async () => {
      const nasty = `\\'"\`; DROP TABLE users; -- \u0000 %s ? :x ${'\\'.repeat(7)}'`;
      const [found] = await stores.sql.read((session) =>
        session.query('SELECT ? AS text, ? AS bytes', [nasty, Buffer.from(nasty)]),
      );
      expect(found?.['text']).to.equal(nasty);
      expect(Buffer.from(found?.['bytes'] as Uint8Array).toString()).to.equal(nasty);
    });

    it('stores what it is given exactly or refuses it, never cut', async () => {
      const tooLong = 'x'.repeat(51);
      const failure: unknown = await stores.users
        .create({ ...newUser('cut'), username: tooLong })
        .catch((error: unknown) => error);
      expect(failure).to.be.instanceOf(Error);
      expect(await stores.users.findByLogin(tooLong)).to.equal(null);
    });

    it('acknowledges bodies only when a majority has journaled them', async () => {
      const client = createMongoClient(storage.mongodb.url);
      expect(client.options.writeConcern).to.deep.include({ w: 'majority', journal: true });
      await client.close();
    });

    it('tells bodies that were altered by hand, whatever became of them', async () => {
      const client = await MongoClient.connect(storage.mongodb.url);
      try {
        const id = (value: number) => new Uint8Array(16).fill(value);
        const ids = [1, 2, 3].map(id);
        await stores.bodies.insert(
          ids.map((each) => ({
            id: each,
            messageId: each,
            chatId: 1,
            senderId: 1,
            content: 'as sent',
            timestamp: new Date(),
          })),
        );
        const messages = client.db(storage.mongodb.database).collection<{ _id: Binary }>('messages');
        const filter = (value: number) => ({ _id: new Binary(id(value), Binary.SUBTYPE_UUID) });
        await messages.updateOne(filter(1), { $set: { content: 'as altered' } });
        await messages.updateOne(filter(2), { $set: { content: { $gt: '' } } });
        await messages.updateOne(filter(3), { $unset: { sha256: 1 } });
        const found = await stores.bodies.find(ids);
        expect([...found.values()].map(({ intact }) => intact)).to.deep.equal([false, false, false]);
      } finally {
        await client.close();
      }
    });

    it('reports both servers, and each that is down', async () => {
      expect(await stores.health.check()).to.deep.equal({ mysql: 'up', mongodb: 'up', warnings: [] });
      const closed = await openStores(storage, deps);
      await closed.close();
      await closed.close();
      expect(await closed.health.check()).to.include({ mysql: 'down', mongodb: 'down' });
    });

    it('gives one epoch to all who open the same data at once', async () => {
      const opened = await Promise.all(Array.from({ length: 3 }, () => openStores(storage, deps)));
      expect(new Set(opened.map(({ epoch }) => epoch))).to.deep.equal(new Set([stores.epoch]));
      await Promise.all(opened.map((each) => each.close()));
    });
  });
}

if (process.env['PARLEY_TEST_STORE'] === 'split') splitSuite();
