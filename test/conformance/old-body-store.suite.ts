import { expect } from 'chai';
import { v7 } from 'uuid';
import type { FiledBody, OldBodyStore } from '../../src/ports/old-body-store.js';
import type { SqlDatabase } from '../../src/stores/sql/database.js';

/** Only transactions of messages file bodies; `sql` stands in for them. */
export type OpenOldBodyStore = () => Promise<{
  readonly oldBodies: OldBodyStore;
  readonly sql: SqlDatabase;
  close(): Promise<void>;
}>;

/** What ports/old-body-store.ts promises of the file of old bodies. */
export function oldBodyStoreSuite(open: OpenOldBodyStore): void {
  describe('old body store', () => {
    const now = new Date('2026-03-01T12:00:00.500Z');
    let stores: Awaited<ReturnType<OpenOldBodyStore>>;

    beforeEach(async () => {
      stores = await open();
    });
    afterEach(() => stores.close());

    /** Files a body that is due so many milliseconds before `now`. */
    async function file(agoMs: number, reason: FiledBody['reason'] = 'deleted'): Promise<FiledBody> {
      const filed = { bodyId: v7({}, new Uint8Array(16)), chatId: 5, reason, dueAt: new Date(now.getTime() - agoMs) };
      const { oldBodies } = stores.sql.tables;
      await stores.sql.transaction((tx) =>
        tx.db.insert(oldBodies).values({ ...filed, messageId: v7({}, new Uint8Array(16)), version: 1 }),
      );
      return filed;
    }

    const hexOf = ({ bodyId }: FiledBody): string => Buffer.from(bodyId).toString('hex');

    it('names what is due, the oldest first, up to the limit', async () => {
      const recent = await file(0, 'superseded');
      const oldest = await file(60_000);
      const middle = await file(1_000);
      await file(-1);
      const due = await stores.oldBodies.due(now, 10);
      expect(due.map(hexOf)).to.deep.equal([oldest, middle, recent].map(hexOf));
      expect(due.map(({ reason, chatId, dueAt }) => ({ reason, chatId, dueAt }))).to.deep.equal(
        [oldest, middle, recent].map(({ reason, chatId, dueAt }) => ({ reason, chatId, dueAt })),
      );
      expect((await stores.oldBodies.due(now, 2)).map(hexOf)).to.deep.equal([oldest, middle].map(hexOf));
    });

    it('does not name what was erased, and keeps it as a record', async () => {
      const [one, two] = [await file(2_000), await file(1_000)];
      await stores.oldBodies.markErased([], now);
      await stores.oldBodies.markErased([one.bodyId, v7({}, new Uint8Array(16))], now);
      await stores.oldBodies.markErased([one.bodyId], new Date(now.getTime() + 1));
      expect((await stores.oldBodies.due(now, 10)).map(hexOf)).to.deep.equal([two].map(hexOf));
      const { oldBodies } = stores.sql.tables;
      const rows = await stores.sql.read(({ db }) => db.select().from(oldBodies).orderBy(oldBodies.dueAt));
      expect(rows.map(({ erasedAt }) => erasedAt)).to.deep.equal([now, null]);
    });

    it('forgets what was erased before a moment, the oldest first, and counts it by reason', async () => {
      const filed = [await file(3, 'superseded'), await file(2), await file(1), await file(0, 'superseded')];
      for (const [index, { bodyId }] of filed.entries()) {
        await stores.oldBodies.markErased([bodyId], new Date(now.getTime() + index));
      }
      const waiting = await file(0);
      expect(await stores.oldBodies.forgotten()).to.deep.equal({ superseded: 0, deleted: 0 });
      const before = new Date(now.getTime() + 3);
      expect(await stores.oldBodies.forget(before, 2)).to.equal(2);
      expect(await stores.oldBodies.forgotten()).to.deep.equal({ superseded: 1, deleted: 1 });
      expect(await stores.oldBodies.forget(before, 2)).to.equal(1);
      expect(await stores.oldBodies.forget(before, 2)).to.equal(0);
      expect(await stores.oldBodies.forgotten()).to.deep.equal({ superseded: 1, deleted: 2 });
      const { oldBodies } = stores.sql.tables;
      const left = await stores.sql.read(({ db }) => db.select().from(oldBodies));
      expect(left.map(({ bodyId }) => Buffer.from(bodyId).toString('hex'))).to.have.members(
        [filed[3], waiting].map((body) => (body === undefined ? '' : hexOf(body))),
      );
    });

    it('forgets each entry once, however many do it at once', async () => {
      for (let count = 0; count < 40; count += 1) await file(count);
      const due = await stores.oldBodies.due(now, 100);
      await stores.oldBodies.markErased(
        due.map(({ bodyId }) => bodyId),
        now,
      );
      const before = new Date(now.getTime() + 1);
      const forgotten = await Promise.all(Array.from({ length: 6 }, () => stores.oldBodies.forget(before, 10)));
      while (forgotten.reduce((sum, count) => sum + count, 0) < 40) {
        forgotten.push(await stores.oldBodies.forget(before, 10));
      }
      expect(await stores.oldBodies.forgotten()).to.deep.equal({ superseded: 0, deleted: 40 });
    });

    it('counts what waits, and since when', async () => {
      expect(await stores.oldBodies.backlog(now)).to.deep.equal({ count: 0, oldestDueAt: null });
      const oldest = await file(5_000);
      await file(1);
      await file(-1);
      expect(await stores.oldBodies.backlog(now)).to.deep.equal({ count: 2, oldestDueAt: oldest.dueAt });
      await stores.oldBodies.markErased([oldest.bodyId], now);
      expect((await stores.oldBodies.backlog(now)).count).to.equal(1);
    });
  });
}
