import { expect } from 'chai';
import { v7 } from 'uuid';
import type { Body } from '../../src/ports/body-store.js';
import { createBodyMeasurer, type BodyMeasurer } from '../../src/services/integrity/body-measurer.js';
import { createMongoBodyStore } from '../../src/stores/mongo/body-store.js';
import { createMongoClient } from '../../src/stores/mongo/client.js';
import { openStores, type StorageOptions, type StoreSet } from '../../src/stores/open-stores.js';
import { openMysql } from '../../src/stores/sql/dialects/mysql/index.js';
import { openSqlite } from '../../src/stores/sql/dialects/sqlite/index.js';
import { migrate } from '../../src/stores/sql/migrate.js';
import { loadMigrations } from '../../src/stores/sql/migrations/load.js';
import { mysqlMigrationTarget } from '../../src/stores/sql/migrations/mysql.js';
import { sqliteMigrationTarget } from '../../src/stores/sql/migrations/sqlite.js';
import { createSqliteBodyStore } from '../../src/stores/sqlite/body-store.js';
import { systemClock } from '../../src/telemetry/clock.js';
import { freshStorage, settingsOf, type FreshStorage } from '../helpers/app.js';
import { createRandom } from '../helpers/random.js';
import { silentLogger } from '../helpers/stores.js';

const COUNT = 60;
const deps = { clock: systemClock, logger: silentLogger };

/** A database that the version before has written: its rows do not know how long their contents are. */
describe('lengths of rows of before', function () {
  this.timeout(60_000);
  const random = createRandom();
  const contents = Array.from({ length: COUNT }, () => 'ä'.repeat(1 + random.below(200)));
  let fresh: FreshStorage;
  let storage: StorageOptions;
  let stores: StoreSet;

  before(async () => {
    fresh = await freshStorage();
    ({ storage } = settingsOf({ SECRET_KEY: 'f3Jq9ZtB1xWm7KcV5sLd2RgN8hYp4EuA', ...fresh.env }));
    await (
      await writeAsBefore(storage)
    )();
    stores = await openStores(storage, deps);
  });
  after(async () => {
    await stores.close();
    await fresh.remove();
  });

  /** Its schema, and one chat: message 7 is deleted, and the body of message 9 is lost. Answers what closes it. */
  async function writeAsBefore(where: StorageOptions): Promise<() => Promise<void>> {
    const target = await (where.kind === 'split'
      ? mysqlMigrationTarget(where.mysql)
      : sqliteMigrationTarget(where.file));
    const migrations = await loadMigrations(where.kind === 'split' ? 'mysql' : 'sqlite');
    await migrate(
      target,
      migrations.filter(({ name }) => name < '0002'),
    );
    await target.close();
    const { sql, bodies } = await open(where);
    const now = new Date();
    const written: Body[] = contents.map((content) => {
      const id = v7({}, new Uint8Array(16));
      return { id, messageId: id, chatId: 1, senderId: 1, content, timestamp: now };
    });
    await sql.transaction(async (tx) => {
      await tx.run(
        `INSERT INTO users (id, username, username_key, username_search, email, email_key, hashed_password, created_at)
         VALUES (1, 'ada', ?, ?, 'ada@example.org', ?, 'x', ?)`,
        [Buffer.from('ada'), Buffer.from('ada'), Buffer.from('ada@example.org'), now],
      );
      await tx.run(
        `INSERT INTO chats (id, chat_type, is_active, created_at, updated_at, last_seq, last_visible_seq, rev,
         changed_rev, members_rev, visible_count) VALUES (1, 'group', TRUE, ?, ?, ?, ?, ?, 1, 1, ?)`,
        [now, now, COUNT, COUNT, COUNT + 1, COUNT - 1],
      );
      for (const [index, { id }] of written.entries()) {
        const [seq, rev] = [index + 1, index + 2];
        await tx.run(
          `INSERT INTO message_metadata (chat_id, seq, sender_id, message_id, body_id, request_hash, timestamp, message_type,
           created_rev, rev, is_deleted) VALUES (1, ?, 1, ?, ?, ?, ?, 'text', ?, ?, ?)`,
          [seq, id, id, Buffer.alloc(32), now, rev, rev, seq === 7],
        );
      }
    });
    await bodies.insert(written.filter((_, index) => index !== 6 && index !== 8));
    return async () => {
      await bodies.close();
      await sql.close();
    };
  }

  async function open(where: StorageOptions): Promise<Pick<StoreSet, 'sql' | 'bodies'>> {
    if (where.kind === 'split') {
      const client = createMongoClient(where.mongodb.url);
      return { sql: openMysql(where.mysql), bodies: createMongoBodyStore(client, where.mongodb.database) };
    }
    const sql = await openSqlite({ file: where.file, clock: systemClock });
    return { sql, bodies: createSqliteBodyStore(sql) };
  }

  async function lengths(): Promise<(number | null)[]> {
    const rows = await stores.sql.read((session) =>
      session.query('SELECT body_bytes FROM message_metadata WHERE chat_id = 1 ORDER BY seq'),
    );
    return rows.map(({ body_bytes: bytes }) => (bytes === null ? null : Number(bytes)));
  }

  const wanted = contents.map((content, index) => (index === 6 || index === 8 ? null : Buffer.byteLength(content)));

  function measurer(onSlice: () => void = () => undefined): BodyMeasurer {
    const bodies = {
      sizes: (ids: readonly Uint8Array[]) => {
        onSlice();
        return stores.bodies.sizes(ids);
      },
    };
    return createBodyMeasurer({ ...stores, ...deps, bodies, slice: 7 });
  }

  it('are known after the migration where bodies lie beside rows, and from the job where they do not', async () => {
    if (stores.kind === 'embedded') {
      expect(await lengths(), `seed ${random.seed}`).to.deep.equal(wanted);
      return;
    }
    expect(await lengths()).to.deep.equal(contents.map(() => null));
    // Stopped in the middle, and gone on with by another process.
    let slices = 0;
    const first = measurer(() => {
      slices += 1;
      if (slices === 3) void first.stop();
    });
    expect(await first.runOnce()).to.equal('stopped');
    // Three slices of seven, without the deleted and the lost one.
    expect((await lengths()).filter((bytes) => bytes !== null)).to.have.length(19);
    expect(await stores.lengths.position()).to.be.above(0);
    let left = 0;
    expect(await measurer(() => (left += 1)).runOnce()).to.equal('finished');
    expect(left).to.be.within(6, 7);
    expect(await lengths(), `seed ${random.seed}`).to.deep.equal(wanted);
  });

  it('are never looked for again once all are known', async () => {
    expect(await measurer().runOnce()).to.equal('finished');
    const again = measurer(() => {
      throw new Error('asked again');
    });
    expect(await again.runOnce()).to.equal('finished');
    expect(await stores.lengths.position()).to.equal(null);
  });

  it('are measured by one node at a time, and only beside the body that was measured', async () => {
    await stores.lengths.reached(0, false);
    await stores.leases.acquire('body_bytes', 'another', 60_000);
    expect(await measurer().runOnce()).to.equal('busy');
    await stores.leases.release('body_bytes', 'another');

    await stores.sql.write({ text: 'UPDATE message_metadata SET body_bytes = NULL WHERE seq = ?', values: [3] });
    const { rows } = await stores.lengths.next(0, 100);
    const [row] = rows.filter(({ bodyId }) => bodyId.length === 16);
    if (row === undefined) throw new Error('an open row');
    await stores.lengths.record([{ ...row, bodyId: v7({}, new Uint8Array(16)), bytes: 1 }]);
    expect((await lengths())[2]).to.equal(null);
    await stores.lengths.record([{ ...row, bytes: wanted[2] ?? 0 }]);
    expect((await lengths())[2]).to.equal(wanted[2]);
    await stores.lengths.record([{ ...row, bytes: 1 }]);
    expect((await lengths())[2]).to.equal(wanted[2]);
  });
});
