import { expect } from 'chai';
import type { User } from '../../src/domain/user.js';
import { NO_FAILPOINTS, type Failpoint, type Failpoints } from '../../src/ports/failpoints.js';
import { createEraseWorker, type EraseWorker } from '../../src/services/integrity/erase-worker.js';
import { systemClock } from '../../src/telemetry/clock.js';
import { at, group, people, send } from '../conformance/chat-store.fixtures.js';
import { damageTo, type Damage } from '../helpers/damage.js';
import { openTestStores, silentLogger, type TestStores } from '../helpers/stores.js';

const SKEW_MS = 3_600_000;

describe('erasing what was deleted', () => {
  let stores: TestStores;
  let damage: Damage;
  let ada: User;
  let chatId: number;
  const workers: EraseWorker[] = [];
  beforeEach(async () => {
    stores = await openTestStores({ supersededGraceMs: 0 });
    damage = await damageTo(stores);
    ada = at(await people(stores, 1), 0);
    chatId = (await group(stores, [ada])).chat.id;
  });
  afterEach(async () => {
    await Promise.all(workers.splice(0).map((worker) => worker.stop()));
    await damage.close();
    await stores.close();
  });

  function worker(failpoints: Failpoints = NO_FAILPOINTS, skewMs = 0): EraseWorker {
    const clock = { now: () => systemClock.now() + skewMs, monotonic: () => systemClock.monotonic() };
    const made = createEraseWorker({ ...stores, clock, logger: silentLogger, failpoints });
    workers.push(made);
    return made;
  }

  /** A kept message of two versions, and some that are deleted. */
  async function deleteSome(count: number): Promise<void> {
    const kept = await send(stores, chatId, ada, 'kept');
    await stores.messages.edit({ messageId: kept.id, actorId: ada.id, content: 'kept, edited' });
    for (let number = 0; number < count; number += 1) {
      const { id } = await send(stores, chatId, ada, `${number}`);
      await stores.messages.remove(id, ada.id);
    }
  }

  const waiting = async (): Promise<number> => (await stores.oldBodies.backlog(await stores.oldBodies.now())).count;

  it('many nodes at once leave nothing behind, superseded bodies included', async () => {
    await deleteSome(20);
    expect(await waiting()).to.equal(21);
    await Promise.all([worker().runOnce(), worker().runOnce(), worker().runOnce()]);
    expect(await waiting()).to.equal(0);
    expect(await damage.bodyIds()).to.have.lengthOf(1);
    const figures = await worker().figures();
    expect(figures).to.include({ waiting: 0, oldestMs: 0, pausedUntil: null });
  });

  it('judges what is due by the clock of the database, whatever its own says', async () => {
    await deleteSome(3);
    for (const skewMs of [-SKEW_MS, SKEW_MS]) {
      const later = new Date((await stores.oldBodies.now()).getTime() + SKEW_MS / 2);
      await damage.sql(`UPDATE old_bodies SET due_at = ? WHERE reason = 'superseded'`, [later]);
      await worker(NO_FAILPOINTS, skewMs).runOnce();
      // The deleted ones only: those of edits wait for half an hour yet.
      expect(await damage.bodyIds(), String(skewMs)).to.have.lengthOf(2);
    }
  });

  /** Where it ends, how many entries wait then, and how many bodies are there. */
  const STEPS: readonly (readonly [Failpoint, number, number])[] = [
    ['erase.before_delete', 5, 6],
    ['erase.after_delete', 5, 1],
    ['erase.after_mark', 0, 1],
  ];
  for (const [place, left, bodies] of STEPS) {
    it(`goes on where another ended at ${place}`, async () => {
      await deleteSome(4);
      const failing = worker({
        hit: (name) => {
          if (name === place) throw new Error('the end');
        },
      });
      expect(await failing.runOnce().catch(() => -1)).to.equal(-1);
      expect(await waiting()).to.equal(left);
      expect(await damage.bodyIds()).to.have.lengthOf(bodies);
      await worker().runOnce();
      expect(await waiting()).to.equal(0);
      expect(await damage.bodyIds()).to.have.lengthOf(1);
    });
  }

  it('keeps the age of what was deleted far below a minute while deletes go on', async () => {
    const running = worker();
    running.start();
    for (let round = 0; round < 30; round += 1) {
      const { id } = await send(stores, chatId, ada, `${round}`);
      await stores.messages.remove(id, ada.id);
      running.wake();
    }
    const deadline = performance.now() + 15_000;
    while ((await waiting()) > 0 && performance.now() < deadline)
      await new Promise((resolve) => setTimeout(resolve, 20));
    const figures = await running.figures();
    expect(figures).to.include({ waiting: 0, erased: 30 });
    expect(figures.ageP99Ms).to.be.below(60_000);
    expect(await damage.bodyIds()).to.have.lengthOf(0);
  });
});
