import { expect } from 'chai';
import { openMysql } from '../../src/stores/sql/dialects/mysql/index.js';
import type { SqlDatabase } from '../../src/stores/sql/database.js';
import { FaultProxy } from '../faults/proxy/proxy.js';
import { openTestStores, type TestStores } from '../helpers/stores.js';

/** The driver times a prepared statement only from the moment on at which the server has prepared it. */
function lostPreparesSuite(): void {
  describe('statements that are to be prepared', function () {
    this.timeout(30_000);
    let stores: TestStores;
    let proxy: FaultProxy;
    let sql: SqlDatabase;

    before(async () => {
      stores = await openTestStores();
      if (stores.storage.kind !== 'split') throw new Error('this suite needs the split store');
      const { mysql } = stores.storage;
      proxy = await FaultProxy.start({ host: mysql.host, port: mysql.port }, 'mysql');
      sql = openMysql({ ...mysql, host: '127.0.0.1', port: proxy.port, poolSize: 1 });
    });
    afterEach(() => proxy.heal());
    after(async () => {
      await sql.close();
      await proxy.stop();
      await stores.close();
    });

    const read = (text: string) => sql.read((session) => session.prepared(text, [7]));

    it('are given up in time when the answer to that stays away, and hold up nobody behind them', async () => {
      const lost = proxy.when(({ direction, command }) => direction === 'reply' && command.startsWith('PREPARE'), {
        kind: 'swallow',
      });
      const began = performance.now();
      const failure: unknown = await read('SELECT ? AS silent').catch((error: unknown) => error);
      expect(failure).to.include({ code: 'unavailable' });
      expect(performance.now() - began).to.be.within(4_000, 9_000);
      expect(lost.hits).to.be.above(0);
      proxy.heal();
      expect(await read('SELECT ? AS heard')).to.deep.equal([{ heard: 7 }]);
    });

    it('run unprepared where the server keeps no more of them', async () => {
      if (stores.storage.kind !== 'split') throw new Error('this suite needs the split store');
      await stores.sql.write({ text: 'SET GLOBAL max_prepared_stmt_count = 0', values: [] });
      try {
        expect(await read('SELECT ? + 1 AS counted')).to.deep.equal([{ counted: 8 }]);
      } finally {
        await stores.sql.write({ text: 'SET GLOBAL max_prepared_stmt_count = DEFAULT', values: [] });
      }
    });
  });
}

if (process.env['PARLEY_TEST_STORE'] === 'split') lostPreparesSuite();
