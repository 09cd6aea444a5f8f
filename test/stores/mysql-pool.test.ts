import { expect } from 'chai';
import { createMysqlPool } from '../../src/stores/sql/dialects/mysql/pool.js';
import { waitUntil } from '../helpers/servers/wait-until.js';
import { openTestStores, type TestStores } from '../helpers/stores.js';

/** What is idle is looked at once a second. */
const SEVERAL_LOOKS_MS = 2_500;

function mysqlPoolSuite(): void {
  describe('the pool of MySQL connections', () => {
    let stores: TestStores;
    before(async () => {
      stores = await openTestStores();
    });
    after(() => stores.close());

    it('keeps all of its connections while they are idle for a moment', async () => {
      if (stores.storage.kind !== 'split') throw new Error('this is about MySQL');
      const pool = createMysqlPool({ ...stores.storage.mysql, poolSize: 2 });
      const threads = async (): Promise<readonly number[]> => {
        const leases = await Promise.all([pool.acquire(), pool.acquire()]);
        const answers = await Promise.all(
          leases.map(({ connection }) => connection.query('SELECT CONNECTION_ID() AS thread')),
        );
        for (const lease of leases) lease.release();
        return answers.map(([rows]) => Number((rows as { thread: unknown }[])[0]?.thread)).sort((a, b) => a - b);
      };
      try {
        const first = await threads();
        const until = performance.now() + SEVERAL_LOOKS_MS;
        await waitUntil(
          () => (performance.now() < until ? Promise.reject(new Error('not looked at yet')) : Promise.resolve()),
          { what: 'idle connections are looked at', deadlineMs: 10_000, everyMs: 100 },
        );
        expect(await threads()).to.deep.equal(first);
      } finally {
        await pool.close();
      }
    }).timeout(20_000);
  });
}

if (process.env['PARLEY_TEST_STORE'] === 'split') mysqlPoolSuite();
