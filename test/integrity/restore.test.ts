import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { MessageResource } from '../../src/protocol/resources.js';
import { createApp, type App } from '../../src/app.js';
import type { StorageSettings } from '../../src/config/settings.js';
import { createSweeper } from '../../src/services/integrity/sweeper.js';
import { openStores } from '../../src/stores/open-stores.js';
import { systemClock } from '../../src/telemetry/clock.js';
import { freshStorage, settingsOf, TEST_ENVIRONMENT, type FreshStorage } from '../helpers/app.js';
import { TestClient, type TestUser } from '../helpers/client.js';
import { silentLogger } from '../helpers/stores.js';
import { runProcess } from '../integration/process/run.js';
import { startWorld, type World } from '../integration/http/world.js';
import * as dumps from './dumps.js';

type Ended = Record<'output', string> & Record<'code', number | string | null>;

interface Verified {
  readonly clean: boolean;
  readonly epoch: string;
  readonly restored: boolean;
  readonly pending_bodies: number;
  readonly backup_until: string | null;
  readonly problems: Readonly<Record<string, { count: number; places: { message_id: number }[] }>>;
}

describe('restore drill', function () {
  this.timeout(120_000);
  let world: World;
  let source: FreshStorage;
  let fresh: FreshStorage;
  let folder: string;
  let stopTraffic: () => Promise<void>;
  let restored: { readonly app: App; readonly client: TestClient } | null;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'parley-drill-'));
    source = await freshStorage();
    fresh = await freshStorage();
    world = await startWorld({ storage: source });
    restored = null;
    stopTraffic = startTraffic();
  });
  afterEach(async () => {
    await stopTraffic();
    await restored?.app.stop();
    await world.app.stop();
    await source.remove();
    await fresh.remove();
    await rm(folder, { recursive: true });
  });

  /** Alice and Bob send, edit and delete, each as fast as the answers come. */
  function startTraffic(): () => Promise<void> {
    const { client, alice, bob, group } = world;
    let isOver = false;
    const talk = async (user: TestUser): Promise<void> => {
      for (let number = 0; !isOver; number += 1) {
        const message = await client.send(user, group, `${number}`);
        if (number % 3 === 0) await client.as(user).put(`/messages/${message.id}`, { content: `${number}, edited` });
        if (number % 4 === 0) await client.as(user).del(`/messages/${message.id}`);
      }
    };
    const talking = Promise.all([talk(alice), talk(bob)]);
    return async () => {
      isOver = true;
      await talking;
    };
  }

  /** Until so many more messages are there, some of them edited or deleted. */
  async function somethingHappens(messages = 12): Promise<void> {
    const { client, alice, group } = world;
    const lastSeq = async (): Promise<number> =>
      (await client.as(alice).get(`/chats/${group.id}`)).body['last_seq'] as number;
    const target = (await lastSeq()) + messages;
    while ((await lastSeq()) < target);
  }

  const target = (): StorageSettings => settingsOf({ ...TEST_ENVIRONMENT, ...fresh.env }).storage;

  /** As operators do it: a process of its own, beside the running server. */
  async function command(storage: FreshStorage, file: string, ...args: string[]): Promise<Ended> {
    const run = runProcess({ file, args }, folder, { ...TEST_ENVIRONMENT, ...storage.env });
    return { code: await run.exit(), output: run.output() };
  }

  async function verifyRestored(): Promise<{ code: number | string | null; report: Verified }> {
    const { code, output } = await command(fresh, 'src/verify.ts', '--restored', '--json');
    const line = output.split('\n').find((text) => text.startsWith('{"clean"'));
    if (line === undefined) throw new Error(`no report: ${output}`);
    return { code, report: JSON.parse(line) as Verified };
  }

  function found({ problems }: Verified): Readonly<Record<string, number>> {
    const counts = Object.entries(problems).map(([kind, { count }]): [string, number] => [kind, count]);
    return Object.fromEntries(counts.filter(([, count]) => count > 0));
  }

  /** A client that held the data of before asks the restored server to read on. */
  async function expectResync(report: Verified): Promise<void> {
    const { alice, group, app } = world;
    const before = app.stores.epoch;
    expect(report).to.include({ restored: true, backup_until: null });
    expect(report.epoch).not.to.equal(before);
    restored = await startRestored();
    const caller = restored.client.as(alice);
    const answer = await caller.get(`/chats/${group.id}/changes?since_rev=3&epoch=${before}`);
    expect(answer.status).to.equal(409);
    expect(answer.body).to.include({ code: 'resync_required', reason: 'other_epoch', epoch: report.epoch });
    expect((await caller.get(`/chats/${group.id}/changes?since_rev=0&epoch=${report.epoch}`)).status).to.equal(200);
    const sent = await caller.post<MessageResource>('/messages', { chat_id: group.id, content: 'life goes on' });
    expect(sent.status).to.equal(201);
  }

  async function startRestored(): Promise<{ app: App; client: TestClient }> {
    const app = await createApp(settingsOf({ ...TEST_ENVIRONMENT, ...fresh.env }), silentLogger);
    const { port } = await app.start();
    return { app, client: new TestClient(`http://127.0.0.1:${port}`) };
  }

  const storage = (): StorageSettings => world.app.settings.storage;

  if (process.env['PARLEY_TEST_STORE'] !== 'split') {
    it('a copy of the file, made beside the running server, is whole', async () => {
      const [from, to] = [storage(), target()];
      if (from.kind !== 'embedded' || to.kind !== 'embedded') throw new Error('embedded storage');
      await somethingHappens();
      const copy = join(folder, 'copy.db');
      await dumps.dumpEmbedded(from, copy);
      await somethingHappens();
      await dumps.restoreEmbedded(to, copy);
      const { code, report } = await verifyRestored();
      expect(found(report)).to.deep.equal({});
      expect(code).to.equal(0);
      await expectResync(report);
    });
    return;
  }

  function splits(): { readonly from: dumps.Split; readonly to: dumps.Split } {
    const [from, to] = [storage(), target()];
    if (from.kind !== 'split' || to.kind !== 'split') throw new Error('split storage');
    return { from, to };
  }

  const sqlFile = (): string => join(folder, 'metadata.sql');

  async function begin(): Promise<void> {
    const { code, output } = await command(source, 'src/backup.ts', 'begin', '--hours', '1', '--name', 'drill');
    expect(code, output).to.equal(0);
    expect(output).to.contain('nothing is erased until');
  }

  /** Exit code 0: the lease was held without a break until now, so that both dumps belong together. */
  async function end(): Promise<void> {
    const { code, output } = await command(source, 'src/backup.ts', 'end', '--name', 'drill');
    expect(code, output).to.equal(0);
    expect(output).to.contain('no backup is under way');
  }

  it('SQL first, bodies after, under the lease: every message of the dump has its body', async () => {
    const { from, to } = splits();
    await begin();
    await somethingHappens();
    await dumps.dumpSql(from, sqlFile());
    await somethingHappens(24);
    const { eraser } = world.app;
    expect(await eraser.runOnce()).to.equal(0);
    const bodies = await dumps.dumpBodies(from);
    const { erased } = await eraser.figures();
    await end();
    while ((await eraser.figures()).erased === erased) await eraser.runOnce();
    await dumps.restoreBodies(to, bodies);
    await dumps.restoreSql(to, sqlFile());
    const { code, report } = await verifyRestored();
    expect(found(report)).to.deep.equal({});
    expect(report.pending_bodies).to.be.above(0);
    expect(code).to.equal(0);
    await expectResync(report);
    // What came after the dump of the metadata is swept once it is old enough, and nothing else.
    const times = { orphanAfterMs: -60_000 };
    if (restored === null) throw new Error('a restored server runs');
    const { stores } = restored.app;
    const sweeper = createSweeper({ ...stores, clock: systemClock, logger: silentLogger, times });
    expect(await sweeper.runOnce('full')).to.include({ end: 'complete', orphans: report.pending_bodies, leftovers: 0 });
  });

  it('the lease is what keeps them: without it, what was deleted between the dumps is missing', async () => {
    const { from, to } = splits();
    await somethingHappens();
    const { client, alice, group, app } = world;
    const doomed = [await client.send(alice, group, 'a'), await client.send(alice, group, 'b')];
    await dumps.dumpSql(from, sqlFile());
    for (const { id } of doomed) await client.as(alice).del(`/messages/${id}`);
    // The first call may join a pass that looked before the deletions.
    for (let pass = 0; pass < 2; pass += 1) await app.eraser.runOnce();
    await dumps.restoreBodies(to, await dumps.dumpBodies(from));
    await dumps.restoreSql(to, sqlFile());
    const { code, report } = await verifyRestored();
    expect(code).to.equal(1);
    const missing = report.problems['dangling_messages']?.places.map((place) => place.message_id);
    expect(missing).to.include.members(doomed.map(({ id }) => id));
  });

  it('bodies first: verify names exactly the messages whose body is not in the dump', async () => {
    const { from, to } = splits();
    await begin();
    await somethingHappens();
    const bodies = await dumps.dumpBodies(from);
    await somethingHappens();
    await dumps.dumpSql(from, sqlFile());
    await stopTraffic();
    const known = new Set(bodies.map((document) => String(document['_id'])));
    const later = (await dumps.dumpBodies(from)).filter((document) => !known.has(String(document['_id'])));
    await end();
    await dumps.restoreBodies(to, bodies);
    await dumps.restoreSql(to, sqlFile());
    const { code, report } = await verifyRestored();
    expect(code).to.equal(1);
    expect(Object.keys(found(report))).to.deep.equal(['dangling_messages']);
    const expected = await danglingIn(to, bodies);
    expect(expected.length).to.be.within(1, 100);
    expect(report.problems['dangling_messages']?.places.map((place) => place.message_id)).to.have.members(expected);
    // A later dump of the bodies over the older one brings them all back, before a server starts to erase what is due.
    await dumps.restoreBodies(to, later);
    const complete = await verifyRestored();
    expect(found(complete.report)).to.deep.equal({});
    await expectResync(complete.report);
  });

  /** Ids of the visible messages of the restored metadata whose body is not among the documents. */
  async function danglingIn(to: dumps.Split, bodies: readonly object[]): Promise<number[]> {
    const stores = await openStores(to, { clock: systemClock, logger: silentLogger });
    try {
      const rows = await stores.inspection.rows(0, 10_000);
      const ids = await stores.bodies.walk(null, 10_000);
      expect(ids.bodies).to.have.lengthOf(bodies.length);
      const present = new Set(ids.bodies.map(({ id }) => Buffer.from(id).toString('hex')));
      return rows.filter((row) => !present.has(Buffer.from(row.bodyId).toString('hex'))).map(({ id }) => id);
    } finally {
      await stores.close();
    }
  }
});
