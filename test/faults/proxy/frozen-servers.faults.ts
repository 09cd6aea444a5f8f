import { expect } from 'chai';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { startMariaDb } from '../../helpers/servers/mariadb.js';
import { startMongoDb } from '../../helpers/servers/mongodb.js';
import { startMySql } from '../../helpers/servers/mysql.js';
import type { DatabaseServer, SqlServer } from '../../helpers/servers/server.js';
import { isSplit, report, rounds, sqlFlavour } from '../figures.js';
import { sqlPlaces } from '../held.js';
import { RestClient } from '../history/rest-client.js';
import { Load } from './load.js';
import { startProxiedApp, type ProxiedApp } from './proxied-app.js';
import { done, judge, setFaultScene, socketOf, type FaultScene } from './scene.js';

const FROZEN_MS = rounds(8, 30) * 1_000;
/** Two waits of 5 s: for the statement, and for the look whether its commit happened. */
const ANSWER_MS = 12_000;
const RECOVERY_MS = 5_000;
/** What a refusal may say: all three tell the client to try again. */
const CODES: readonly (string | null)[] = ['unavailable', 'indeterminate', 'overloaded'];
const LAG_MS = 50;
/** Before and after: neighbours on the machine come and go. */
const BASELINE_MS = 1_500;
const READ_EVERY_MS = 200;
const TYPE_EVERY_MS = 250;

interface Seen {
  /** Milliseconds. */
  readonly slowestAnswer: number;
  readonly met: number;
  /** The code of each refusal. */
  readonly refused: readonly (string | null)[];
  readonly recovery: number;
  readonly lag: number;
  /** Of the two times without a fault, the worse one. */
  readonly lagBeside: number;
  readonly typing: number;
  readonly metadata: readonly number[];
}

function frozenSuite(): void {
  describe('a database that is stopped under load', function () {
    this.timeout(FROZEN_MS + 90_000);
    let mysql: SqlServer;
    let mongodb: DatabaseServer;
    let dataDir: string;
    let proxied: ProxiedApp;

    before(async () => {
      [mysql, mongodb] = await Promise.all([sqlFlavour() === 'mysql' ? startMySql() : startMariaDb(), startMongoDb()]);
      dataDir = await mkdtemp(join(tmpdir(), 'parley-frozen-'));
      const name = `frozen_${randomBytes(4).toString('hex')}`;
      proxied = await startProxiedApp(
        {},
        { DATA_DIR: dataDir, DATABASE_URL: mysql.url, MONGODB_URL: mongodb.url, MONGODB_DATABASE: name },
      );
    });
    after(async () => {
      await proxied.stop();
      await Promise.all([mysql.stop(), mongodb.stop()]);
      await rm(dataDir, { recursive: true, force: true });
    });

    async function lagDuring(work: () => Promise<void>): Promise<number> {
      const histogram = monitorEventLoopDelay({ resolution: 10 });
      histogram.enable();
      await work();
      histogram.disable();
      // The resolution is part of what is measured.
      return Math.max(0, histogram.percentile(99) / 1e6 - 10);
    }

    async function freeze(server: DatabaseServer, scene: FaultScene): Promise<Seen> {
      const { ada, bob, chat, history } = scene;
      const watcher = socketOf(proxied, scene, bob);
      const sockets = [socketOf(proxied, scene, ada), socketOf(proxied, scene, bob)];
      await Promise.all([watcher, ...sockets].map((socket) => socket.live()));
      const second = new RestClient(history, ada.user, () => proxied.client, `${ada.name}-2`);
      const load = new Load(chat, { rest: [second, bob], sockets });
      const lagBefore = await lagDuring(() => sleep(BASELINE_MS));
      const typed = (): number => watcher.frames.filter(({ type }) => String(type).startsWith('typing_')).length;
      const typedBefore = typed();
      const metadata: number[] = [];
      const frozenAt = performance.now();
      process.kill(server.pid, 'SIGSTOP');
      // The load may be in one COMMIT, which is looked into until the server goes on; this one comes behind it.
      const began = performance.now();
      const behind = new RestClient(history, ada.user, () => proxied.client, `${ada.name}-3`)
        .send(chat, `${ada.name}-3 says 1`, `${ada.name}-3-1`)
        .then((outcome) => ({ began, ended: performance.now(), outcome }));
      let reading = Promise.resolve();
      const lag = await lagDuring(async () => {
        let isFrozen = true;
        reading = (async () => {
          for (; isFrozen; await sleep(READ_EVERY_MS)) {
            metadata.push((await proxied.client.as(ada.user).get(`/chats/${chat}`)).status);
          }
        })();
        for (let turn = 0; performance.now() - frozenAt < FROZEN_MS; turn += 1) {
          sockets[0]?.typing(turn % 2 === 0 ? 'start' : 'stop');
          await sleep(TYPE_EVERY_MS);
        }
        isFrozen = false;
      }).finally(() => process.kill(server.pid, 'SIGCONT'));
      const typing = typed() - typedBefore;
      const resumedAt = performance.now();
      const recovery = await load.confirmedSince(resumedAt);
      const lagAfter = await lagDuring(() => sleep(BASELINE_MS));
      await load.stop();
      await reading;
      const last = await behind;
      const { rev } = (await proxied.client.as(ada.user).get<{ rev: number }>(`/chats/${chat}`)).body;
      await watcher.until(() => watcher.rev === rev);
      expect([watcher, ...sockets].map((socket) => socket.isClosed)).to.deep.equal([false, false, false]);
      const loaded = load.answers.filter((answer) => answer.ended > frozenAt && answer.began < resumedAt);
      const met = [...loaded, last];
      await Promise.all([watcher, ...sockets].map((socket) => socket.close()));
      return {
        slowestAnswer: Math.max(...met.map((answer) => answer.ended - answer.began)),
        met: met.length,
        refused: met.flatMap(({ outcome }) => (outcome.phase === 'ok' ? [] : [outcome.code])),
        recovery,
        lag,
        lagBeside: Math.max(lagBefore, lagAfter),
        typing,
        metadata,
      };
    }

    /** Nothing of the pool is lost: as many sends at once as ever are answered, over no more connections than before. */
    async function expectWholePool({ ada, chat }: FaultScene): Promise<void> {
      const sends = Array.from({ length: 40 }, (_, index) =>
        ada.send(chat, `${chat} after ${index}`, `after-${index}`),
      );
      for (const outcome of await Promise.all(sends)) done(outcome);
      expect(proxied.sql.connections).to.be.at.most(sqlPlaces(proxied.app.settings.storage));
    }

    function expectBounds(name: string, seen: Seen): void {
      const figures = {
        'slowest answer ms': Math.round(seen.slowestAnswer),
        'recovery ms': Math.round(seen.recovery),
        'loop lag p99 ms': Math.round(seen.lag),
        'without it ms': Math.round(seen.lagBeside),
        'requests met': seen.met,
        refused: seen.refused.length,
        'typing frames': seen.typing,
      };
      report(`${name}, stopped for ${FROZEN_MS / 1_000} s`, figures);
      expect(seen.met, 'requests met the stop').to.be.at.least(4);
      expect(seen.slowestAnswer).to.be.below(ANSWER_MS);
      expect(seen.refused, 'refusals').to.not.be.empty;
      expect(seen.refused.filter((code) => !CODES.includes(code))).to.deep.equal([]);
      expect(seen.recovery).to.be.below(RECOVERY_MS);
      expect(seen.typing, 'typing goes on').to.be.at.least(FROZEN_MS / TYPE_EVERY_MS / 4);
      expect(seen.lag).to.be.below(Math.max(LAG_MS, 2 * seen.lagBeside));
    }

    it('MySQL: answers in time, keeps sockets and pool, recovers', async () => {
      const scene = await setFaultScene(proxied);
      const seen = await freeze(mysql, scene);
      expectBounds(`${sqlFlavour()}`, seen);
      expect(seen.metadata.filter((status) => status !== 200 && status !== 503)).to.deep.equal([]);
      await expectWholePool(scene);
      await judge(proxied, scene);
    });

    it('MongoDB: answers in time, serves what needs no body, recovers', async () => {
      const scene = await setFaultScene(proxied);
      const seen = await freeze(mongodb, scene);
      expectBounds('MongoDB', seen);
      expect(new Set(seen.metadata)).to.deep.equal(new Set([200]));
      await expectWholePool(scene);
      await judge(proxied, scene);
    });
  });
}

if (isSplit()) frozenSuite();
