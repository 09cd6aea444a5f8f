import { expect } from 'chai';
import { createConnection, type Connection, type RowDataPacket } from 'mysql2/promise';
import { createMysqlPool, type MysqlPool } from '../../../src/stores/sql/dialects/mysql/pool.js';
import { freshStorage, settingsOf, TEST_ENVIRONMENT, type FreshStorage } from '../../helpers/app.js';
import { waitUntil } from '../../helpers/servers/wait-until.js';
import { isSplit, report } from '../figures.js';
import { askUnder } from './ask.js';
import type { Packet } from './framing.js';
import { OPERATIONS } from './operations.js';
import { startProxiedApp, type ProxiedApp } from './proxied-app.js';
import { FaultProxy } from './proxy.js';
import { commitOf } from './transactions.js';

/** The bound for finding out; a silent server is noticed only by the statement's own time of 5 s before that. */
const RESOLVE_MS = 5_000;
const SILENCE_MS = 5_000;
/** Below the three seconds for which a lock is waited for: who answers within it has not waited. */
const FREE_MS = 2_500;

function heldLockSuite(): void {
  describe('a transaction whose connection the server keeps', function () {
    this.timeout(60_000);
    let proxied: ProxiedApp;
    const figures: Record<string, number> = {};
    before(async () => {
      proxied = await startProxiedApp();
    });
    afterEach(() => proxied.sql.heal());
    after(async () => {
      report('connections left open with their locks, ms to the answer', figures);
      await proxied.stop();
    });

    const ways = Object.keys(OPERATIONS).map((name) => [name, 'cut'] as const);
    for (const [name, client] of [...ways, ['a send over REST', 'silent'], ['a rename', 'silent']] as const) {
      it(`${name}: the COMMIT is lost, the client's side is ${client}`, async () => {
        const asked = await askUnder(proxied, name, (writes) =>
          proxied.sql.when(commitOf(writes, 'request'), { kind: 'strand', client }, 1),
        );
        const { first, ms } = asked;
        expect(first).to.deep.equal({ phase: 'fail', code: 'unavailable' });
        expect(ms).to.be.below(RESOLVE_MS + (client === 'silent' ? SILENCE_MS : 0));
        const freed = performance.now();
        expect((await asked.again()).phase).to.equal('ok');
        expect(performance.now() - freed, 'ms for the retry').to.be.below(FREE_MS);
        await waitUntil(() => Promise.resolve(expect(proxied.sql.stranded).to.equal(0)), {
          what: 'the server has let go of the connection',
          // By itself it would do so after the minute of its wait_timeout.
          deadlineMs: 20_000,
          everyMs: 5,
        });
        await asked.finish();
        figures[`${name}, ${client}`] = Math.round(ms);
      });
    }
  });

  describe('a thread that is to end', () => {
    let storage: FreshStorage;
    let proxy: FaultProxy;
    let pool: MysqlPool;
    let direct: Connection;
    before(async () => {
      storage = await freshStorage();
      const settings = settingsOf({ ...TEST_ENVIRONMENT, ...storage.env });
      if (settings.storage.kind !== 'split') throw new Error('no SQL server');
      const { mysql } = settings.storage;
      proxy = await FaultProxy.start(mysql, 'mysql');
      pool = createMysqlPool({ ...mysql, host: '127.0.0.1', port: proxy.port, poolSize: 1 });
      direct = await createConnection({ uri: storage.env['DATABASE_URL'] ?? '' });
    });
    afterEach(() => proxy.heal());
    after(async () => {
      await pool.close();
      await direct.end();
      await proxy.stop();
      await storage.remove();
    });

    async function isThere(thread: number): Promise<boolean> {
      const [rows] = await direct.query<RowDataPacket[]>('SHOW PROCESSLIST');
      return rows.some((row) => row['Id'] === thread);
    }

    /** Gives up a connection that the server keeps; answers its thread and how many KILLs were sent. */
    async function giveUp(): Promise<{ readonly thread: number; readonly kills: number }> {
      const lease = await pool.acquire();
      const [rows] = await lease.connection.query<RowDataPacket[]>('SELECT CONNECTION_ID() AS thread');
      const thread = Number(rows[0]?.['thread']);
      // MySQL's own attributes of a query may stand before its text.
      const rule = proxy.when(({ command }) => command.endsWith('DO 1'), { kind: 'strand', client: 'cut' }, 1);
      const problem: unknown = await lease.connection.query('DO 1').catch((error: unknown) => error);
      expect(problem).to.be.instanceOf(Error);
      expect(rule.hits).to.equal(1);
      expect(await isThere(thread), 'before').to.equal(true);
      let kills = 0;
      const count = ({ direction, command }: Packet): boolean => {
        if (direction === 'request' && command.endsWith(`KILL ${thread}`)) kills += 1;
        return false;
      };
      proxy.when(count, { kind: 'swallow' });
      await lease.destroy(true);
      return { thread, kills };
    }

    it('is ended on its server', async () => {
      const { thread, kills } = await giveUp();
      expect(kills).to.equal(1);
      await waitUntil(
        async () => {
          if (await isThere(thread)) throw new Error('still there');
        },
        { what: 'the thread is gone', deadlineMs: 5_000, everyMs: 20 },
      );
    });

    it('is left alone where another server answers at that address', async () => {
      const lease = await pool.acquire();
      lease.release();
      const answers = ({ direction, command }: Packet): boolean =>
        direction === 'reply' && command.includes('@@server_id');
      const renamed = proxy.when(answers, { kind: 'rewrite', bytes: onAnotherPort });
      const { thread, kills } = await giveUp();
      expect(renamed.hits, 'the other server was asked').to.be.above(0);
      expect(kills).to.equal(0);
      expect(await isThere(thread)).to.equal(true);
    });
  });
}

/** `name:port:id` in a row with another port; packets without it stay as they are. */
function onAnotherPort({ bytes }: Packet): Buffer {
  const other = (_all: string, first: string): string => `:${first === '9' ? '8' : '9'}`;
  return Buffer.from(bytes.toString('latin1').replace(/:(\d)(?=\d*:\d)/, other), 'latin1');
}

if (isSplit()) heldLockSuite();
