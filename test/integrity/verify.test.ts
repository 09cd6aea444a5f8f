import { expect } from 'chai';
import { v7 } from 'uuid';
import { AppError } from '../../src/domain/errors.js';
import type { User } from '../../src/domain/user.js';
import type { Message } from '../../src/domain/message.js';
import type { ListedBody } from '../../src/ports/body-store.js';
import type { NamedBody } from '../../src/ports/inspection.js';
import { createSweeper } from '../../src/services/integrity/sweeper.js';
import { createEraseWorker } from '../../src/services/integrity/erase-worker.js';
import { PROBLEMS, type ProblemKind } from '../../src/services/integrity/verify/problems.js';
import { verify, type VerifyReport } from '../../src/services/integrity/verify/verify.js';
import { systemClock } from '../../src/telemetry/clock.js';
import { verifyJson, verifyLines } from '../../src/verify-report.js';
import { at, group, people, send } from '../conformance/chat-store.fixtures.js';
import { damageTo, type Damage } from '../helpers/damage.js';
import { openTestStores, silentLogger, type TestStores } from '../helpers/stores.js';

/** A minute is over for what is planted below, and not for what the stores have just written. */
const HOUR_MS = 3_600_000;

describe('verify', () => {
  let stores: TestStores;
  let damage: Damage;
  let ada: User;
  let bob: User;
  let chatId: number;
  let messages: Message[];

  beforeEach(async () => {
    stores = await openTestStores();
    damage = await damageTo(stores);
    const users = await people(stores, 2);
    [ada, bob] = [at(users, 0), at(users, 1)];
    chatId = (await group(stores, [ada, bob])).chat.id;
    await stores.chats.openDirect(ada.id, bob.id);
    messages = [];
    for (const content of ['one', 'two', 'three', 'four']) messages.push(await send(stores, chatId, ada, content));
    await stores.messages.edit({ messageId: at(messages, 1).id, actorId: ada.id, content: 'two, edited' });
    await stores.messages.remove(at(messages, 3).id, ada.id);
  });
  afterEach(async () => {
    await damage.close();
    await stores.close();
  });

  function eraser() {
    return createEraseWorker({ ...stores, clock: systemClock, logger: silentLogger });
  }

  async function run(options: { repair?: boolean; orphanAfterMs?: number } = {}): Promise<VerifyReport> {
    return verify({ ...stores, eraser: eraser() }, { repair: false, ...options });
  }

  /** The kinds that were found, with their counts. */
  function found(report: VerifyReport): Partial<Record<ProblemKind, number>> {
    const kinds = Object.keys(PROBLEMS) as ProblemKind[];
    return Object.fromEntries(
      kinds.map((kind) => [kind, report.problems[kind].count]).filter(([, count]) => count !== 0),
    ) as Partial<Record<ProblemKind, number>>;
  }

  async function bodyOf(message: Message): Promise<Uint8Array> {
    const rows = await stores.inspection.rows(message.id - 1, 1);
    return at(rows, 0).bodyId;
  }

  const oldId = (ageMs: number): Uint8Array => v7({ msecs: Date.now() - ageMs }, new Uint8Array(16));

  it('finds nothing wrong with what the stores have written', async () => {
    const report = await run();
    expect(found(report)).to.deep.equal({});
    expect(report).to.deep.include({
      clean: true,
      checked: { chats: 2, messages: 3, bodies: 5 },
      pendingBodies: 0,
      backupUntil: null,
    });
  });

  it('names exactly the messages whose body is gone or altered', async () => {
    const [gone, altered] = [await bodyOf(at(messages, 0)), await bodyOf(at(messages, 1))];
    await damage.removeBody(gone);
    await damage.alterBody(altered, 'something else');
    const report = await run({ repair: true });
    expect(found(report)).to.deep.equal({ dangling_messages: 1, altered_bodies: 1 });
    expect(report.clean).to.equal(false);
    const place = (index: number, bodyId: Uint8Array) => {
      const { id, seq } = at(messages, index);
      return { chatId, messageId: id, seq, bodyId: Buffer.from(bodyId).toString('hex') };
    };
    expect(report.problems.dangling_messages.places).to.deep.equal([place(0, gone)]);
    expect(report.problems.altered_bodies.places).to.deep.equal([place(1, altered)]);
    // Nothing is invented and nothing dropped: it is all still so.
    expect(found(await run())).to.deep.equal(found(report));
  });

  it('keeps the living body of an edit whose document names another message, and says so', async () => {
    const edited = at(messages, 1);
    const alive = await bodyOf(edited);
    const { bodies } = await stores.bodies.walk(null, 100);
    const { messageId } = at(
      bodies.filter(({ id }) => Buffer.from(id).equals(alive)),
      0,
    );
    await damage.misnameBody(alive, oldId(HOUR_MS));
    // The first body, whose document would lead to the row of both.
    await damage.removeBody(messageId);
    const report = await run({ repair: true, orphanAfterMs: -HOUR_MS });
    expect(found(report)).to.deep.equal({ misnamed_bodies: 1 });
    const bodyId = Buffer.from(alive).toString('hex');
    expect(report.problems.misnamed_bodies).to.deep.include({ repaired: 0, places: [{ chatId, bodyId }] });
    expect(report.clean).to.equal(false);
    const times = { orphanAfterMs: -HOUR_MS };
    const sweeper = createSweeper({ ...stores, clock: systemClock, logger: silentLogger, times });
    expect(await sweeper.runOnce('full')).to.include({ end: 'complete', orphans: 0 });
    expect((await stores.messages.find(edited.id, ada.id)).content).to.equal('two, edited');
  });

  it('goes on past a chat that somebody keeps locked, and calls nothing there judged', async () => {
    const [orphan, foreign] = [oldId(HOUR_MS), oldId(HOUR_MS)];
    await damage.plantBody({ id: orphan, messageId: orphan, chatId });
    await damage.plantBody({ id: foreign, messageId: foreign, chatId: 987_654 });
    await damage.removeBody(await bodyOf(at(messages, 0)));
    await damage.sql('UPDATE chats SET visible_count = 7 WHERE id = ?', [chatId]);
    const unlessStuck = <T>(id: number, work: () => Promise<T>): Promise<T> =>
      id === chatId ? Promise.reject(new AppError('unavailable')) : work();
    const { inspection, references } = stores;
    const stuck = {
      ...stores,
      eraser: eraser(),
      inspection: {
        ...inspection,
        stillNamed: (id: number, rows: readonly NamedBody[]) => unlessStuck(id, () => inspection.stillNamed(id, rows)),
        recount: (id: number) => unlessStuck(id, () => inspection.recount(id)),
      },
      references: {
        ...references,
        examineLocked: (id: number, bodies: readonly ListedBody[]) =>
          unlessStuck(id, () => references.examineLocked(id, bodies)),
      },
    };
    const report = await verify(stuck, { repair: true });
    expect(found(report)).to.deep.equal({ orphan_bodies: 1, visible_counts: 1 });
    expect(report.problems.orphan_bodies).to.include({ count: 1, repaired: 1 });
    expect(report.problems.visible_counts).to.include({ count: 1, repaired: 0 });
    expect(report).to.include({ undecided: 2, clean: false });
    const outcome = { ...report, storage: 'here', seconds: 1, epoch: 'e', restored: false };
    expect(verifyLines(outcome).join('\n')).to.contain('2 messages or bodies could not be judged');
    expect(JSON.parse(verifyJson(outcome))).to.include({ undecided: 2, clean: false });
    await damage.sql('UPDATE chats SET visible_count = 3 WHERE id = ?', [chatId]);
    const quiet = await verify(stuck, { repair: false });
    expect(found(quiet)).to.deep.equal({});
    expect(verifyLines({ ...outcome, ...quiet }).at(-1)).to.equal('not clean: 2 undecided');
  });

  it('tells orphans from bodies that may be about to be committed, and removes only the former', async () => {
    const [orphan, young, foreign] = [oldId(HOUR_MS), oldId(1_000), oldId(HOUR_MS)];
    await damage.plantBody({ id: orphan, messageId: orphan, chatId });
    await damage.plantBody({ id: young, messageId: young, chatId });
    await damage.plantBody({ id: foreign, messageId: foreign, chatId: 987_654 });
    const before = await run();
    expect(found(before)).to.deep.equal({ orphan_bodies: 2 });
    expect(before.pendingBodies).to.equal(1);
    const report = await run({ repair: true });
    expect(report.problems.orphan_bodies).to.include({ count: 2, repaired: 2 });
    expect(report.clean).to.equal(true);
    const left = await damage.bodyIds();
    expect(left).to.have.lengthOf(6).and.to.include(Buffer.from(young).toString('hex'));
  });

  it('removes nothing while a backup is being made, and says so', async () => {
    const orphan = oldId(HOUR_MS);
    await damage.plantBody({ id: orphan, messageId: orphan, chatId });
    await stores.leases.acquire('backup', 'test', 60_000);
    const report = await run({ repair: true });
    expect(report.problems.orphan_bodies).to.include({ count: 1, repaired: 0 });
    expect(report.backupUntil).to.be.instanceOf(Date);
    expect(await damage.bodyIds()).to.have.lengthOf(6);
  });

  it('finds what was deleted and is there again, as after a restore of older bodies', async () => {
    const deleted = await stores.oldBodies.due(await stores.oldBodies.now(), 10);
    const { bodyId } = at(deleted, 0);
    expect(await eraser().runOnce()).to.equal(1);
    expect(found(await run())).to.deep.equal({});
    await damage.plantBody({ id: bodyId, messageId: bodyId, chatId });
    expect(found(await run())).to.deep.equal({ erased_bodies_present: 1 });
    const repaired = await run({ repair: true, orphanAfterMs: 0 });
    expect(repaired.problems.erased_bodies_present).to.include({ count: 1, repaired: 1 });
    expect(found(await run())).to.deep.equal({});
  });

  it('finds and erases what should have been erased long ago', async () => {
    await damage.sql(`UPDATE old_bodies SET due_at = ? WHERE reason = 'deleted'`, [new Date(Date.now() - HOUR_MS)]);
    expect(found(await run())).to.deep.equal({ overdue_bodies: 1 });
    const report = await run({ repair: true });
    expect(report.problems.overdue_bodies).to.include({ count: 1, repaired: 1 });
    expect(report.clean).to.equal(true);
  });

  it('finds rows that are missing, and never gives their seq out again', async () => {
    await damage.sql('DELETE FROM message_metadata WHERE id = ?', [at(messages, 0).id]);
    await damage.sql('DELETE FROM message_metadata WHERE id = ?', [at(messages, 3).id]);
    const report = await run({ repair: true, orphanAfterMs: 0 });
    expect(found(report)).to.include({ seq_gaps: 2 });
    expect(report.problems.seq_gaps.places).to.deep.equal([{ chatId }]);
    expect(report.clean).to.equal(false);
    expect((await send(stores, chatId, ada, 'next')).seq).to.equal(5);
  });

  const COUNTERS: readonly (readonly [ProblemKind, string])[] = [
    ['visible_counts', 'UPDATE chats SET visible_count = visible_count + 5 WHERE id = ?'],
    ['last_visible_seqs', 'UPDATE chats SET last_visible_seq = 1 WHERE id = ?'],
    ['last_seq_behind', 'UPDATE chats SET last_seq = 2 WHERE id = ?'],
    ['revs_ahead', 'UPDATE chats SET rev = 2 WHERE id = ?'],
    ['untold_revs', 'UPDATE chats SET members_rev = 0 WHERE id = ?'],
  ];
  for (const [kind, text] of COUNTERS) {
    it(`recounts ${kind} under the lock`, async () => {
      const before = await stores.inspection.chats(chatId - 1, 1);
      await damage.sql(text, [chatId]);
      const broken = await run();
      expect(broken.problems[kind]).to.deep.equal({ count: 1, repaired: 0, places: [{ chatId }] });
      const report = await run({ repair: true });
      expect(report.problems[kind]).to.include({ count: 1, repaired: 1 });
      expect(report.clean).to.equal(true);
      expect(found(await run())).to.deep.equal({});
      const { rev, ...counters } = at(before, 0).row;
      expect(at(await stores.inspection.chats(chatId - 1, 1), 0).row).to.deep.include(counters);
      expect(await send(stores, chatId, ada, 'next')).to.deep.include({ seq: 5, rev: rev + 1 });
    });
  }

  it('gives a rev of nobody to the chat itself, so that who reads on is told of something', async () => {
    const { rev } = at(await stores.inspection.chats(chatId - 1, 1), 0).row;
    await damage.sql('UPDATE chats SET rev = rev + 1 WHERE id = ?', [chatId]);
    const readOn = () => stores.changes.page(chatId, ada.id, rev, 10);
    expect(await readOn()).to.have.deep.nested.property('page.events', []);
    expect((await run()).problems.revs_of_nobody).to.deep.equal({ count: 1, repaired: 0, places: [{ chatId }] });
    expect((await run({ repair: true })).problems.revs_of_nobody).to.include({ count: 1, repaired: 1 });
    expect(found(await run())).to.deep.equal({});
    expect(await readOn()).to.have.nested.property('page.events[0].type', 'chat_updated');
    expect(await send(stores, chatId, ada, 'next')).to.deep.include({ seq: 5, rev: rev + 2 });
  });

  it('finds groups that nobody is in or nobody leads, and pairs that are none', async () => {
    await damage.sql('UPDATE chat_participants SET is_admin = FALSE WHERE chat_id = ?', [chatId]);
    expect(found(await run())).to.deep.equal({ groups_without_admin: 1 });
    await damage.sql('UPDATE chat_participants SET left_at = ?', [new Date()]);
    const report = await run({ repair: true });
    expect(found(report)).to.deep.equal({ groups_without_participants: 1, direct_chats_without_pair: 1 });
    expect(report.clean).to.equal(false);
  });

  it('takes nothing that changes under its eyes for a problem', async () => {
    let stopped = false;
    const changes = (async () => {
      for (let at = 0; !stopped; at += 1) {
        const message = await send(stores, chatId, bob, `${at}`);
        await stores.messages.edit({ messageId: message.id, actorId: bob.id, content: `${at} edited` });
        await stores.messages.remove(message.id, bob.id);
        await eraser().runOnce();
      }
    })();
    try {
      for (let round = 0; round < 5; round += 1) expect(found(await run())).to.deep.equal({});
    } finally {
      stopped = true;
      await changes;
    }
  });

  it('names restored data anew, and forgets the leases of its dump', async () => {
    await stores.leases.acquire('backup', 'test', 60_000);
    const epoch = await stores.inspection.renewEpoch();
    expect(epoch).not.to.equal(stores.epoch);
    expect(await stores.leases.heldUntil('backup')).to.equal(null);
    const rows = await stores.sql.read(({ db }) => db.select().from(stores.sql.tables.dataSet));
    expect(rows.map((row) => row.epoch)).to.deep.equal([epoch]);
  });
});
