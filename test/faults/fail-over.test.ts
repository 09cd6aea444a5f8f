import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { startMariaDb } from '../helpers/servers/mariadb.js';
import { startMySql } from '../helpers/servers/mysql.js';
import {
  caughtUp,
  follow,
  onSqlServer,
  replicationSettings,
  type PlainAccount,
} from '../helpers/servers/replication.js';
import type { SqlServer } from '../helpers/servers/server.js';
import { waitUntil } from '../helpers/servers/wait-until.js';
import { isSplit, sqlFlavour } from './figures.js';
import { RestClient } from './history/rest-client.js';
import { Load } from './proxy/load.js';
import { startProxiedApp, type ProxiedApp } from './proxy/proxied-app.js';
import { judgeSoFar, setFaultScene, socketOf } from './proxy/scene.js';

/** From the moment on at which the address leads to the new server. */
const RECOVERY_MS = 5_000;
/** More than the pool has places: every one of its connections is in use, and then idle. */
const READS_AT_ONCE = 40;

function failOverSuite(): void {
  describe('a fail-over that leaves the old server alive and read-only', function () {
    this.timeout(180_000);
    const account: PlainAccount = { name: 'plain', password: randomBytes(8).toString('hex') };
    let old: SqlServer;
    let fresh: SqlServer;
    let dataDir: string;
    let proxied: ProxiedApp;

    before(async () => {
      const start = sqlFlavour() === 'mysql' ? startMySql : startMariaDb;
      [old, fresh] = await Promise.all([start(replicationSettings(1)), start(replicationSettings(2))]);
      for (const server of [old, fresh]) {
        await onSqlServer(
          server,
          `CREATE USER ${account.name} IDENTIFIED BY '${account.password}'`,
          `GRANT ALL ON ${server.database}.* TO ${account.name}`,
        );
      }
      await follow(old, fresh);
      dataDir = await mkdtemp(join(tmpdir(), 'parley-fail-over-'));
      proxied = await startProxiedApp({}, envOf(old));
    });
    after(async () => {
      await proxied.stop();
      await Promise.all([old.stop(), fresh.stop(), rm(dataDir, { recursive: true, force: true })]);
    });

    function envOf({ host, port, database }: SqlServer): Readonly<Record<string, string>> {
      return {
        DATA_DIR: dataDir,
        DATABASE_URL: `mysql://${account.name}:${account.password}@${host}:${port}/${database}`,
        MONGODB_URL: process.env['PARLEY_TEST_MONGODB_URL'] ?? 'missing:',
        MONGODB_DATABASE: `fail_over_${account.password}`,
      };
    }

    async function connectionsTo(server: SqlServer): Promise<number> {
      const [row] = await onSqlServer(
        server,
        `SELECT COUNT(*) AS open FROM information_schema.processlist WHERE user = '${account.name}'`,
      );
      return Number(row?.['open']);
    }

    it('stops sends for less than 5 s, loses and doubles none, and leaves no connection at the old one', async () => {
      const scene = await setFaultScene(proxied);
      const { history, ada, bob, chat } = scene;
      const second = new RestClient(history, ada.user, () => proxied.client, `${ada.name}-2`);
      const sockets = [socketOf(proxied, scene, ada), socketOf(proxied, scene, bob)];
      for (const socket of sockets) await socket.live();
      const readAll = async (): Promise<readonly number[]> => {
        const reads = Array.from({ length: READS_AT_ONCE }, () => proxied.client.as(ada.user).get('/chats'));
        return (await Promise.all(reads)).map(({ status }) => status);
      };
      await readAll();
      const load = new Load(chat, { rest: [second, bob], sockets });
      await load.confirmedSince(performance.now());

      const closed = sqlFlavour() === 'mysql' ? 'super_read_only' : 'read_only';
      await onSqlServer(old, `SET GLOBAL ${closed} = 1`);
      const refused = (): number => load.answers.filter(({ outcome }) => outcome.phase !== 'ok').length;
      await waitUntil(async () => Promise.resolve(expect(refused()).to.be.above(8)), {
        what: 'sends are refused while there is nowhere to go',
        deadlineMs: 30_000,
      });
      await caughtUp(old, fresh);
      proxied.sql.move({ host: fresh.host, port: fresh.port });
      const recovery = await load.confirmedSince(performance.now());
      expect(recovery).to.be.below(RECOVERY_MS);

      // Reads alone find out as well: what the old server would tell them is over.
      await waitUntil(
        async () => {
          expect(await readAll()).to.not.include(500);
          expect(await connectionsTo(old)).to.equal(0);
        },
        { what: 'no connection leads to the old server', deadlineMs: RECOVERY_MS },
      );
      await load.stop();
      expect(await judgeSoFar({ ...proxied, storage: { env: envOf(fresh) } }, scene)).to.be.an('array');
    });
  });
}

if (isSplit()) failOverSuite();
