import { expect } from 'chai';
import { migrate } from '../../src/stores/sql/migrate.js';
import { loadMigrations } from '../../src/stores/sql/migrations/load.js';
import { emptyDatabase, type EmptyDatabase } from './empty-database.js';

const FILL = '0005_01_fill_deleted_at';

describe('the moments of deletions in a database of before', () => {
  let database: EmptyDatabase;
  before(async () => (database = await emptyDatabase()));
  after(() => database.remove());

  it('are taken from the file of old bodies, and stay null where it does not know them', async () => {
    const migrations = await loadMigrations(database.dialect);
    const earlier = migrations.filter(({ name }) => name < FILL);
    expect(earlier.length).to.be.below(migrations.length);
    await apply(earlier);
    const at = (text: string): string =>
      database.dialect === 'mysql' ? `'${text.replace('T', ' ').replace('Z', '')}'` : String(Date.parse(text));
    const sent = at('2026-01-01T00:00:00.000Z');
    const gone = '2026-02-03T04:05:06.789Z';
    await database.run(
      `INSERT INTO chats (id, chat_type, created_at, updated_at, is_active) VALUES (1, 'group', ${sent}, ${sent}, 1)`,
    );
    // Deleted and filed; deleted and not filed; edited, whose earlier body is filed; there.
    const rows: readonly [seq: number, isDeleted: 0 | 1][] = [
      [1, 1],
      [2, 1],
      [3, 0],
      [4, 0],
    ];
    const bytes = (seq: number): string => `x'${String(seq).padStart(32, '0')}'`;
    for (const [seq, isDeleted] of rows) {
      await database.run(
        `INSERT INTO message_metadata (id, chat_id, seq, sender_id, message_id, body_id, timestamp, message_type, is_deleted, created_rev, rev)
         VALUES (${seq}, 1, ${seq}, 1, ${bytes(seq)}, ${bytes(seq)}, ${sent}, 'text', ${isDeleted}, ${seq}, ${seq})`,
      );
    }
    for (const [body, message] of [
      [1, 1],
      [30, 3],
    ] as const) {
      await database.run(
        `INSERT INTO old_bodies (body_id, chat_id, message_id, version, reason, due_at)
         VALUES (${bytes(body)}, 1, ${bytes(message)}, 1, 'deleted', ${at(gone)})`,
      );
    }
    await apply(migrations);
    const deletedAt = database.dialect === 'mysql' ? 'CAST(deleted_at AS CHAR)' : 'deleted_at';
    const found = await database.query(`SELECT ${deletedAt} AS at FROM message_metadata ORDER BY seq`);
    const wanted = database.dialect === 'mysql' ? '2026-02-03 04:05:06.789' : Date.parse(gone);
    expect(found.map((row) => row['at'])).to.deep.equal([wanted, null, null, null]);
  });

  async function apply(migrations: Parameters<typeof migrate>[1]): Promise<void> {
    const target = await database.target();
    try {
      await migrate(target, migrations);
    } finally {
      await target.close();
    }
  }
});
