import { expect } from 'chai';
import { asc, eq } from 'drizzle-orm';
import { v7 } from 'uuid';
import { AppError } from '../../src/domain/errors.js';
import { asDate, type Session } from '../../src/stores/sql/database.js';
import { duplicateKey } from '../../src/stores/sql/errors.js';
import { expectCode } from '../conformance/chat-store.fixtures.js';
import { openTestStores, type TestStores } from '../helpers/stores.js';

/** The seam below the repositories answers alike on both dialects. */
describe('the SQL seam', () => {
  let stores: TestStores;

  before(async () => {
    stores = await openTestStores();
  });
  after(() => stores.close());

  let sequence = 0;
  function user() {
    const name = `seam-${(sequence += 1)}`;
    return {
      username: name,
      usernameKey: name,
      usernameSearch: name,
      email: name,
      emailKey: name,
      hashedPassword: 'hash',
      createdAt: new Date('2026-05-06T07:08:09.123Z'),
    };
  }

  it('gives the ids of a multi-row insert in the order of its rows', async () => {
    const { users } = stores.sql.tables;
    const rows = Array.from({ length: 250 }, user);
    const ids = await stores.sql.transaction(async (tx) =>
      tx.insertIds(await tx.db.insert(users).values(rows), rows.length),
    );
    const stored = await stores.sql.read(({ db }) => db.select().from(users).orderBy(asc(users.id)));
    const nameById = new Map(stored.map((row) => [row.id, row.username]));
    expect(ids.map((id) => nameById.get(id))).to.deep.equal(rows.map((row) => row.username));
  });

  it('counts the rows that matched, changed or not', async () => {
    const { users } = stores.sql.tables;
    const row = user();
    const counts = await stores.sql.transaction(async (tx) => {
      await tx.db.insert(users).values(row);
      const same = await tx.db.update(users).set({ fullName: null }).where(eq(users.usernameKey, row.usernameKey));
      const none = await tx.db.update(users).set({ fullName: null }).where(eq(users.usernameKey, 'nobody'));
      const raw = await tx.run('DELETE FROM users WHERE username_key = ?', [Buffer.from(row.usernameKey)]);
      return [same, none, raw].map((result) => tx.affectedRows(result));
    });
    expect(counts).to.deep.equal([1, 0, 1]);
  });

  it('gives raw rows in one form, and takes every kind of value', async () => {
    const { oldBodies } = stores.sql.tables;
    const row = {
      bodyId: v7({}, new Uint8Array(16)),
      chatId: 2 ** 52,
      messageId: v7({}, new Uint8Array(16)),
      version: 3,
      reason: 'deleted' as const,
      dueAt: new Date('2026-12-31T23:59:59.999Z'),
    };
    await stores.sql.transaction((tx) => tx.db.insert(oldBodies).values(row));
    const [raw] = await stores.sql.read((session) =>
      session.query('SELECT * FROM old_bodies WHERE body_id = ? AND due_at = ? AND chat_id = ? AND reason = ?', [
        new Uint8Array(row.bodyId),
        row.dueAt,
        row.chatId,
        row.reason,
      ]),
    );
    expect(raw).to.include({ chat_id: 2 ** 52, version: 3, reason: 'deleted', erased_at: null });
    expect(raw?.['body_id'])
      .to.be.instanceOf(Uint8Array)
      .and.satisfy((bytes: Uint8Array) => Buffer.compare(bytes, row.bodyId) === 0);
    expect(asDate(raw?.['due_at'])).to.deep.equal(row.dueAt);
    const [typed] = await stores.sql.read(({ db }) =>
      db.select().from(oldBodies).where(eq(oldBodies.bodyId, row.bodyId)),
    );
    expect(typed?.dueAt).to.deep.equal(row.dueAt);
    expect(typed?.messageId).to.satisfy((bytes: Uint8Array) => Buffer.compare(bytes, row.messageId) === 0);
  });

  it('inserts or changes by upsert', async () => {
    const { oldBodies } = stores.sql.tables;
    const row = {
      bodyId: v7({}, new Uint8Array(16)),
      chatId: 1,
      messageId: v7({}, new Uint8Array(16)),
      version: 1,
      reason: 'superseded' as const,
      dueAt: new Date(1_000),
    };
    const file = (change: Partial<typeof row>) =>
      stores.sql.transaction((tx) =>
        tx.upsert(oldBodies, { ...row, ...change }, [oldBodies.bodyId], {
          dueAt: new Date(2_000),
        }),
      );
    await file({});
    await file({ version: 9, dueAt: new Date(3_000) });
    const found = await stores.sql.read(({ db }) =>
      db.select().from(oldBodies).where(eq(oldBodies.bodyId, row.bodyId)),
    );
    expect(found.map(({ version, reason, dueAt }) => ({ version, reason, dueAt }))).to.deep.equal([
      { version: 1, reason: 'superseded', dueAt: new Date(2_000) },
    ]);
  });

  it('names the unique key that a row collides with, and the transaction goes on', async () => {
    const { users, messageMetadata, chats } = stores.sql.tables;
    const row = user();
    const at = new Date();
    const collisions = await stores.sql.transaction(async (tx) => {
      const attempt = async (work: () => PromiseLike<unknown>) => {
        try {
          await work();
          return 'none';
        } catch (error) {
          return duplicateKey(error);
        }
      };
      await tx.db.insert(users).values(row);
      const chat = await tx.db
        .insert(chats)
        .values({ chatType: 'direct', directKey: '1:2', createdAt: at, updatedAt: at });
      const [chatId = 0] = tx.insertIds(chat, 1);
      const message = (seq: number, clientMessageId: string | null, messageId = v7({}, new Uint8Array(16))) => ({
        chatId,
        seq,
        senderId: 1,
        messageId,
        bodyId: messageId,
        clientMessageId,
        timestamp: at,
        messageType: 'text' as const,
        createdRev: seq,
        rev: seq,
      });
      const first = message(1, 'a');
      await tx.db.insert(messageMetadata).values(first);
      return [
        await attempt(() => tx.db.insert(users).values({ ...user(), usernameKey: row.usernameKey })),
        await attempt(() => tx.db.insert(users).values({ ...user(), emailKey: row.emailKey })),
        await attempt(() =>
          tx.db.insert(chats).values({ chatType: 'direct', directKey: '1:2', createdAt: at, updatedAt: at }),
        ),
        await attempt(() => tx.db.insert(messageMetadata).values(message(1, null))),
        await attempt(() => tx.db.insert(messageMetadata).values(message(2, 'a'))),
        await attempt(() => tx.db.insert(messageMetadata).values(message(2, null, first.messageId))),
        await attempt(() => tx.db.insert(messageMetadata).values([message(2, null), message(3, null)])),
        await attempt(() => tx.db.insert(messageMetadata).values([message(4, 'A'), message(5, 'a ')])),
      ];
    });
    expect(collisions).to.deep.equal([
      'users_username_key',
      'users_email_key',
      'chats_direct_key',
      'PRIMARY',
      'message_metadata_client_key',
      'message_metadata_message_id_key',
      'none',
      'none',
    ]);
    expect((await stores.users.findByLogin(row.username))?.user.username).to.equal(row.username);
  });

  it('tells other failures from collisions', () => {
    expect(duplicateKey(new AppError('unavailable'))).to.equal(null);
    expect(duplicateKey(new Error('for key users_username_key'))).to.equal(null);
    expect(duplicateKey(null)).to.equal(null);
  });

  it('leaves nothing of a transaction whose callback throws', async () => {
    const { users } = stores.sql.tables;
    const row = user();
    await expectCode(
      stores.sql.transaction(async (tx) => {
        await tx.db.insert(users).values(row);
        throw new AppError('chat_not_found');
      }),
      'chat_not_found',
    );
    expect(await stores.users.findByLogin(row.username)).to.equal(null);
  });

  it('shows a snapshot one moment, whatever is committed meanwhile', async () => {
    const { users } = stores.sql.tables;
    const count = async ({ db }: Session) => (await db.select({ id: users.id }).from(users)).length;
    const [first, second] = await stores.sql.snapshot(async (session) => {
      const before = await count(session);
      await stores.sql.transaction((tx) => tx.db.insert(users).values(user()));
      return [before, await count(session)];
    });
    expect(second).to.equal(first);
    expect(await stores.sql.read(count)).to.equal((first ?? 0) + 1);
  });

  it('shows single reads what is committed by then', async () => {
    const { users } = stores.sql.tables;
    const row = user();
    const seen = await stores.sql.read(async ({ db }) => {
      const find = () => db.select({ id: users.id }).from(users).where(eq(users.usernameKey, row.usernameKey));
      const before = await find();
      await stores.sql.transaction((tx) => tx.db.insert(users).values(row));
      return [before.length, (await find()).length];
    });
    expect(seen).to.deep.equal([0, 1]);
  });

  it('makes those who want the same row wait for each other', async () => {
    const { users } = stores.sql.tables;
    const row = user();
    await stores.sql.transaction((tx) => tx.db.insert(users).values({ ...row, fullName: '0' }));
    const increment = () =>
      stores.sql.transaction(async (tx) => {
        const [found] = await tx.lock(tx.db.select().from(users).where(eq(users.usernameKey, row.usernameKey)));
        await tx.db
          .update(users)
          .set({ fullName: String(Number(found?.fullName) + 1) })
          .where(eq(users.usernameKey, row.usernameKey));
      });
    await Promise.all(Array.from({ length: 20 }, increment));
    expect((await stores.users.findByLogin(row.username))?.user.fullName).to.equal('20');
  });

  it('tells the time after a wait, close to the clock of this machine', async () => {
    const before = Date.now();
    const now = await stores.sql.transaction((tx) => tx.now());
    expect(now.getTime()).to.be.within(before - 1_000, Date.now() + 1_000);
  });

  it('refuses a session after its callback has ended', async () => {
    const { users } = stores.sql.tables;
    const escaped: Session[] = [];
    await stores.sql.read((session) => Promise.resolve(escaped.push(session)));
    await stores.sql.transaction((tx) => Promise.resolve(escaped.push(tx)));
    expect(escaped).to.have.length(2);
    for (const session of escaped) {
      const failure: unknown = await session.query('SELECT 1 AS one').catch((error: unknown) => error);
      expect(failure).to.be.instanceOf(Error).with.property('message').that.includes('after its callback');
    }
    await stores.sql.transaction((tx) => tx.db.insert(users).values(user()));
  });
});
