import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { openStores, type StorageOptions, type StoreSet } from '../../src/stores/open-stores.js';
import type { Session } from '../../src/stores/sql/database.js';
import { openSqlite } from '../../src/stores/sql/dialects/sqlite/index.js';
import { systemClock } from '../../src/telemetry/clock.js';
import { silentLogger } from '../helpers/stores.js';

/** What only the embedded store has: a file and a directory of its own. Runs in every leg, it needs no server. */
describe('embedded storage', () => {
  let parent = '';
  let storage: StorageOptions & { kind: 'embedded' };
  const deps = { clock: systemClock, logger: silentLogger };

  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'parley-embedded-'));
    const dataDir = join(parent, 'data of #1 & 100%?');
    storage = { kind: 'embedded', dataDir, file: join(dataDir, 'parley.db') };
  });
  afterEach(() => rm(parent, { recursive: true, force: true }));

  async function withStores<T>(use: (stores: StoreSet) => Promise<T>): Promise<T> {
    const stores = await openStores(storage, deps);
    try {
      return await use(stores);
    } finally {
      await stores.close();
    }
  }

  const newUser = (username: string) => ({
    username,
    email: `${username}@example.org`,
    fullName: null,
    hashedPassword: 'h',
  });

  it('keeps what it holds, and its epoch, from one start to the next', async () => {
    const first = await withStores(async (stores) => {
      await stores.users.create(newUser('ann'));
      return stores.epoch;
    });
    await withStores(async (stores) => {
      expect(stores.epoch).to.equal(first);
      expect((await stores.users.findByLogin('ann'))?.user.username).to.equal('ann');
    });
    expect(first).to.match(/^[0-9a-f-]{36}$/);
  });

  it('refuses a second opener, naming who has it, and is free again after a close', async () => {
    await withStores(async () => {
      const failure: unknown = await openStores(storage, deps).catch((error: unknown) => error);
      expect(failure).to.be.instanceOf(Error).with.property('message').that.includes(`pid ${process.pid}`);
    });
    await withStores(() => Promise.resolve());
  });

  it('lets go of the directory when it cannot open the file', async () => {
    await withStores(() => Promise.resolve());
    await writeFile(storage.file, 'this is no database, whatever its name says; it is long enough to be looked at');
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const failure: unknown = await openStores(storage, deps).catch((error: unknown) => error);
      expect(failure).to.be.instanceOf(Error).with.property('message').that.includes(storage.file);
      expect(failure)
        .to.have.nested.property('cause.message')
        .that.matches(/not a database|NOTADB/i);
    }
  });

  it('refuses a file of another program and lets go of the directory', async () => {
    await withStores((stores) => stores.sql.transaction((tx) => tx.run('DROP TABLE parley_migrations')));
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const failure: unknown = await openStores(storage, deps).catch((error: unknown) => error);
      expect(failure).to.be.instanceOf(Error).with.property('message').that.includes('did not create');
    }
  });

  it('runs every connection with full durability and foreign keys', async () => {
    await withStores(async () => {
      const sql = await openSqlite({ file: storage.file, clock: systemClock });
      const pragmas = async (session: Session) => {
        const values: unknown[] = [];
        for (const name of ['synchronous', 'foreign_keys', 'journal_mode', 'busy_timeout', 'secure_delete']) {
          const [row] = await session.query(`PRAGMA ${name}`);
          values.push(Object.values(row ?? {})[0]);
        }
        return values;
      };
      const wanted = [2, 1, 'wal', 0, 1];
      expect(await sql.read(pragmas)).to.deep.equal(wanted);
      // Nested, so that each is a connection of its own; a failed write replaces the writer's.
      await sql.snapshot(async (one) => {
        await sql.snapshot(async (two) => expect(await pragmas(two)).to.deep.equal(wanted));
        expect(await pragmas(one)).to.deep.equal(wanted);
      });
      for (let round = 0; round < 2; round += 1) {
        expect(await sql.transaction(pragmas)).to.deep.equal(wanted);
        await sql.transaction((tx) => tx.query('SELECT * FROM nowhere')).catch(() => undefined);
        await sql.read((session) => session.query('SELECT * FROM nowhere')).catch(() => undefined);
        expect(await sql.read(pragmas)).to.deep.equal(wanted);
      }
      await sql.close();
    });
  });

  it('answers for a text that is no UTF-8 any more, which the driver cannot read', async () => {
    await withStores(async (stores) => {
      const [id, other] = [new Uint8Array(16).fill(1), new Uint8Array(16).fill(2)];
      const body = { messageId: id, chatId: 1, senderId: 1, content: 'whole Ω', timestamp: new Date() };
      await stores.bodies.insert([
        { ...body, id },
        { ...body, id: other },
      ]);
      const damage = "UPDATE bodies SET content = CAST(x'fffe41' AS TEXT) WHERE id = ?";
      await stores.sql.transaction((tx) => tx.run(damage, [id]));
      const found = [...(await stores.bodies.find([id, other])).values()];
      expect(found.map(({ intact }) => intact).sort()).to.deep.equal([false, true]);
      expect(found.find(({ intact }) => intact)?.content).to.equal('whole Ω');
    });
  });

  it('leaves nothing of an erased text in its files, also while it runs and while others read', async () => {
    await withStores(async (stores) => {
      const bodies = Array.from({ length: 200 }, (_, at) => {
        const id = new Uint8Array(16).fill(at + 1);
        // The longer ones do not fit a page.
        const content = `canary-${at}-`.repeat(1 + (at % 7) * 120);
        return { id, messageId: id, chatId: 1, senderId: 1, content, timestamp: new Date() };
      });
      await stores.bodies.insert(bodies);
      expect(await inFiles('canary-')).to.equal(true);
      let deletion: Promise<void> = Promise.resolve();
      await stores.sql.snapshot(async (session) => {
        await session.query('SELECT COUNT(*) FROM bodies');
        deletion = stores.bodies.delete(bodies.map(({ id }) => id));
        // It has committed, and now the log is in use: this snapshot reads from it.
        while ((await stores.bodies.find(bodies.map(({ id }) => id))).size > 0) await new Promise(setImmediate);
        expect(await session.query('SELECT id FROM bodies')).to.have.lengthOf(bodies.length);
      });
      await deletion;
      expect(await inFiles('canary-')).to.equal(false);
    });
  });

  it('does not call erased what a reader keeps in the log', async () => {
    await withStores(async (stores) => {
      const id = new Uint8Array(16).fill(7);
      await stores.bodies.insert([{ id, messageId: id, chatId: 1, senderId: 1, content: 'x', timestamp: new Date() }]);
      await stores.sql.snapshot(async (session) => {
        await session.query('SELECT COUNT(*) FROM bodies');
        const failure: unknown = await stores.bodies.delete([id]).catch((error: unknown) => error);
        expect(failure).to.include({ code: 'unavailable' });
      });
      await stores.bodies.delete([id]);
    });
  });

  /** Whether a text is in the database's file or its log. */
  async function inFiles(text: string): Promise<boolean> {
    const files = [storage.file, `${storage.file}-wal`];
    const found = await Promise.all(files.map(async (file) => (await readFile(file)).includes(text)));
    return found.includes(true);
  }

  it('reports what is embedded, and that it is up only while the file can be read', async () => {
    const stores = await openStores(storage, deps);
    expect(await stores.health.check()).to.deep.equal({ mysql: 'embedded', mongodb: 'embedded', warnings: [] });
    expect(stores.describe()).to.include(storage.file);
    await stores.close();
    await stores.close();
    expect(await stores.health.check()).to.include({ mysql: 'down', mongodb: 'down' });
  });

  it('tells a body that was altered by hand', async () => {
    await withStores(async (stores) => {
      const id = new Uint8Array(16).fill(7);
      const body = { id, messageId: id, chatId: 1, senderId: 1, content: 'as sent', timestamp: new Date() };
      await stores.bodies.insert([body]);
      await stores.sql.transaction((tx) => tx.run('UPDATE bodies SET content = ?', ['as altered']));
      expect([...(await stores.bodies.find([id])).values()]).to.deep.equal([{ content: 'as altered', intact: false }]);
    });
  });
});
