import { connect, createServer, type Server, type Socket } from 'node:net';
import { expect } from 'chai';
import { openExistingStores, openStores } from '../../src/stores/open-stores.js';
import type { SplitOptions } from '../../src/stores/store-set.js';
import { systemClock } from '../../src/telemetry/clock.js';
import { freePort } from '../helpers/servers/free-port.js';
import { startMongoDb } from '../helpers/servers/mongodb.js';
import { openTestStores, silentLogger, type TestStores } from '../helpers/stores.js';

const deps = { clock: systemClock, logger: silentLogger };

/** How a start meets servers that are down, late or refuse it. Part of the services leg. */
function splitStartSuite(): void {
  describe('split storage at the start', () => {
    let stores: TestStores;
    let storage: SplitOptions;

    before(async () => {
      stores = await openTestStores();
      if (stores.storage.kind !== 'split') throw new Error('this suite needs the split store');
      storage = stores.storage;
    });
    after(() => stores.close());

    async function refusal(options: SplitOptions): Promise<string> {
      const opened = await openStores(options, deps).catch((error: unknown) => error as Error);
      if (opened instanceof Error) return opened.message;
      await opened.close();
      return 'started';
    }

    it('says at once what no waiting cures', async () => {
      const { mysql } = storage;
      const at = `MySQL at ${mysql.host}:${mysql.port}`;
      const started = performance.now();
      expect(await refusal({ ...storage, waitSeconds: 30, mysql: { ...mysql, password: 'wrong-secret' } })).to.equal(
        `Cannot use ${at}: it refuses the user or the password`,
      );
      expect(
        await refusal({ ...storage, waitSeconds: 30, mysql: { ...mysql, database: 'no_such_database' } }),
      ).to.equal(`Cannot use ${at}: it has no database of that name`);
      const broken = await refusal({
        ...storage,
        mongodb: { ...storage.mongodb, url: 'mongodb://a:hunter2@:bad:port' },
      });
      expect(broken).to.include('MONGODB_URL').and.not.include('hunter2');
      expect(performance.now() - started).to.be.below(10_000);
    });

    it('names the MongoDB that it could not reach', async () => {
      const port = await freePort();
      const url = `mongodb://parley:hunter2@127.0.0.1:${port}`;
      const message = await refusal({ ...storage, waitSeconds: 1, mongodb: { ...storage.mongodb, url } });
      expect(message).to.match(new RegExp(`^Cannot reach MongoDB at 127\\.0\\.0\\.1:${port}: Mongo\\w+`));
    });

    for (const [what, open] of [
      ['a start', openStores],
      ['verify and backup', openExistingStores],
    ] as const) {
      it(`${what}: goes on when MongoDB comes up after several tries that failed`, async function () {
        this.timeout(60_000);
        const mongod = await startMongoDb();
        await mongod.kill9();
        const reasons: unknown[] = [];
        const restarts: Promise<void>[] = [];
        const logger = {
          ...silentLogger,
          info(facts: object, message: string) {
            if (!message.startsWith('waiting for MongoDB')) return;
            reasons.push('reason' in facts && facts.reason);
            if (reasons.length === 2) restarts.push(mongod.restart());
          },
        };
        try {
          const mongodb = { ...storage.mongodb, url: mongod.url };
          const opened = await open({ ...storage, waitSeconds: 40, mongodb }, { clock: systemClock, logger });
          await opened.close();
          await Promise.all(restarts);
          // Each line tells why the try before it failed, not that the first one had.
          expect(new Set(reasons)).to.deep.equal(new Set(['MongoServerSelectionError']));
        } finally {
          await mongod.stop();
        }
      });
    }

    it('tells the real cause when the time is over', async function () {
      this.timeout(60_000);
      const url = `mongodb://127.0.0.1:${await freePort()}`;
      const message = await refusal({ ...storage, waitSeconds: 8, mongodb: { ...storage.mongodb, url } });
      expect(message).to.match(/: MongoServerSelectionError$/);
    });

    it('goes on when the servers come up while it waits', async () => {
      const { host, port } = storage.mysql;
      const late = await freePort();

      let gate: Server | null = null;
      const sockets = new Set<Socket>();
      const logger = {
        ...silentLogger,
        // The start says that it waits: only then does the server come up.
        info(_facts: object, message: string) {
          if (!message.startsWith('waiting for MySQL') || gate !== null) return;
          gate = createServer((inner) => {
            const outer = connect(port, host);
            for (const socket of [inner, outer]) sockets.add(socket.on('error', () => undefined));
            inner.pipe(outer).pipe(inner);
          }).listen(late, '127.0.0.1');
        },
      };
      const opened = await openStores(
        { ...storage, waitSeconds: 20, mysql: { ...storage.mysql, host: '127.0.0.1', port: late } },
        { clock: systemClock, logger },
      );
      try {
        expect(gate).to.not.equal(null);
        expect(opened.epoch).to.equal(stores.epoch);
      } finally {
        await opened.close();
        for (const socket of sockets) socket.destroy();
        (gate as Server | null)?.close();
      }
    });
  });
}

if (process.env['PARLEY_TEST_STORE'] === 'split') splitStartSuite();
