import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Answer } from '../../helpers/client.js';
import { startMariaDb } from '../../helpers/servers/mariadb.js';
import { startMongoDb } from '../../helpers/servers/mongodb.js';
import { startMySql } from '../../helpers/servers/mysql.js';
import type { DatabaseServer, SqlServer } from '../../helpers/servers/server.js';
import { waitUntil } from '../../helpers/servers/wait-until.js';
import { isSplit, report, rounds, sqlFlavour } from '../figures.js';
import { LoadedServer } from './loaded-server.js';

const KILLS = rounds(2, 20);
/** From the database's first answer to the first send that is confirmed again. */
const RECOVERY_MS = 5_000;

/** Both databases are this test's own, so that it may kill them. */
function databaseKills(): void {
  describe('a database that is killed under load', function () {
    this.timeout(rounds(180_000, 900_000));
    let sql: SqlServer;
    let mongodb: DatabaseServer;
    let loaded: LoadedServer;
    let databases = 0;

    before(async () => {
      [sql, mongodb] = await Promise.all([sqlFlavour() === 'mysql' ? startMySql() : startMariaDb(), startMongoDb()]);
    });
    beforeEach(async () => {
      databases += 1;
      const name = `kills_${databases}`;
      const dataDir = await mkdtemp(join(tmpdir(), 'parley-kills-'));
      const url = await sql.createDatabase(name);
      const env = { DATA_DIR: dataDir, DATABASE_URL: url, MONGODB_URL: mongodb.url, MONGODB_DATABASE: name };
      loaded = new LoadedServer({
        storage: { env, remove: () => rm(dataDir, { recursive: true, force: true }) },
      });
    });
    afterEach(() => loaded.dispose());
    after(() => Promise.all([sql.stop(), mongodb.stop()]));

    const health = (): Promise<Answer<Record<string, unknown>>> => loaded.server.client.call('GET', '/health');

    /** Kills it again and again under load; the server process stays the same and comes back by itself. */
    async function kill(name: string, victim: DatabaseServer): Promise<void> {
      const load = await loaded.start();
      const { pid } = loaded.server;
      let slowestMs = 0;
      for (let round = 0; round < KILLS; round += 1) {
        await load.confirms(30 + loaded.random.below(60));
        await victim.kill9();
        await load.fails(5);
        await waitUntil(async () => expect((await health()).status).to.equal(503), {
          what: 'the health says that a store is down',
          deadlineMs: 30_000,
        });
        await victim.restart();
        const back = performance.now();
        await load.confirms(1);
        slowestMs = Math.max(slowestMs, performance.now() - back);
        await waitUntil(async () => expect((await health()).status).to.equal(200), {
          what: 'the health says that all stores are up',
          deadlineMs: 30_000,
        });
      }
      await load.confirms(30);
      expect(loaded.server.pid).to.equal(pid);
      const figures = await loaded.finish();
      report(`${name} under load`, { kills: KILLS, slowestRecoveryMs: Math.round(slowestMs), ...figures });
      expect(slowestMs).to.be.below(RECOVERY_MS);
    }

    it('kill -9 of the SQL server loses nothing', () => kill(`kill -9 ${sqlFlavour()}`, sql));
    it('kill -9 of MongoDB loses nothing and leaves no row without its body', () => kill('kill -9 mongodb', mongodb));
  });
}

if (isSplit()) databaseKills();
