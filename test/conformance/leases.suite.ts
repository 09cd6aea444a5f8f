import { expect } from 'chai';
import type { Leases } from '../../src/ports/leases.js';
import type { SqlDatabase } from '../../src/stores/sql/database.js';

export type OpenLeases = () => Promise<{ readonly leases: Leases; readonly sql: SqlDatabase; close(): Promise<void> }>;

/** What ports/leases.ts promises. */
export function leasesSuite(open: OpenLeases): void {
  describe('leases', () => {
    let stores: Awaited<ReturnType<OpenLeases>>;
    beforeEach(async () => {
      stores = await open();
    });
    afterEach(() => stores.close());

    const databaseNow = (): Promise<Date> => stores.sql.read((session) => session.now());

    it('has one holder of a name, until it is given up', async () => {
      const { leases } = stores;
      expect(await leases.heldUntil('sweep')).to.equal(null);
      expect(await leases.acquire('sweep', 'a', 60_000)).to.equal(true);
      expect(await leases.acquire('sweep', 'b', 60_000)).to.equal(false);
      expect(await leases.holding('sweep')).to.include({ holder: 'a' });
      expect(await leases.holding('backup')).to.equal(null);
      expect(await leases.acquire('backup', 'b', 60_000)).to.equal(true);
      expect(await leases.release('sweep', 'b')).to.equal(false);
      expect(await leases.acquire('sweep', 'b', 60_000)).to.equal(false);
      expect(await leases.release('sweep', 'a')).to.equal(true);
      expect(await leases.heldUntil('sweep')).to.equal(null);
      expect(await leases.acquire('sweep', 'b', 60_000)).to.equal(true);
      expect(await leases.release('full_sweep', 'nobody')).to.equal(false);
    });

    it('counts by the clock of the database, and is extended but not cut short by its holder', async () => {
      const { leases } = stores;
      const before = (await databaseNow()).getTime();
      await leases.acquire('backup', 'a', 60_000);
      const first = (await leases.heldUntil('backup'))?.getTime() ?? 0;
      expect(first).to.be.within(before + 60_000, (await databaseNow()).getTime() + 60_000);
      await leases.acquire('backup', 'a', 600_000);
      const extended = (await leases.heldUntil('backup'))?.getTime();
      expect(extended).to.be.above(first + 500_000);
      expect(await leases.acquire('backup', 'a', 1_000)).to.equal(true);
      expect((await leases.heldUntil('backup'))?.getTime()).to.equal(extended);
      expect((await leases.holding('backup'))?.until.getTime()).to.equal(extended);
    });

    it('ends by itself, and is free for the next one then', async () => {
      const { leases } = stores;
      await leases.acquire('sweep', 'a', 0);
      const taken = (await databaseNow()).getTime();
      while ((await databaseNow()).getTime() <= taken) await leases.heldUntil('sweep');
      expect(await leases.heldUntil('sweep')).to.equal(null);
      expect(await leases.holding('sweep')).to.equal(null);
      expect(await leases.acquire('sweep', 'b', 60_000)).to.equal(true);
      expect(await leases.acquire('sweep', 'a', 60_000)).to.equal(false);
      await leases.acquire('backup', 'a', 0);
      const begun = (await databaseNow()).getTime();
      while ((await databaseNow()).getTime() <= begun) await leases.heldUntil('backup');
      expect(await leases.release('backup', 'a'), 'too late').to.equal(false);
    });

    it('has one winner among many that ask at once, also for a name that nobody held before', async () => {
      const { leases } = stores;
      for (const name of ['sweep', 'backup'] as const) {
        const asked = await Promise.all(
          Array.from({ length: 8 }, (_, index) => leases.acquire(name, `holder ${index}`, 60_000)),
        );
        expect(asked.filter(Boolean), name).to.have.lengthOf(1);
      }
    });
  });
}
