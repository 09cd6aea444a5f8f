import { expect } from 'chai';
import { v7 } from 'uuid';
import type { User } from '../../src/domain/user.js';
import { AppError } from '../../src/domain/errors.js';
import type { Body } from '../../src/ports/body-store.js';
import { createSweeper, type SweepTimes, type Sweeper } from '../../src/services/integrity/sweeper.js';
import { createMessageLog } from '../../src/stores/sql/messages/index.js';
import { systemClock } from '../../src/telemetry/clock.js';
import { at, expectCode, group, people, send } from '../conformance/chat-store.fixtures.js';
import { damageTo, type Damage } from '../helpers/damage.js';
import { openTestStores, silentLogger, type TestStores } from '../helpers/stores.js';

const HOUR_MS = 3_600_000;

describe('sweeper over real stores', () => {
  let stores: TestStores;
  let damage: Damage;
  let ada: User;
  let chatId: number;
  beforeEach(async () => {
    stores = await openTestStores();
    damage = await damageTo(stores);
    ada = at(await people(stores, 1), 0);
    chatId = (await group(stores, [ada])).chat.id;
  });
  afterEach(async () => {
    await damage.close();
    await stores.close();
  });

  function sweeper(times: Partial<SweepTimes> = {}): Sweeper {
    return createSweeper({ ...stores, clock: systemClock, logger: silentLogger, times });
  }

  it('takes orphans and leaves everything else, however often it runs and on however many nodes', async () => {
    const first = await send(stores, chatId, ada, 'one');
    const gone = await send(stores, chatId, ada, 'two');
    await stores.messages.edit({ messageId: first.id, actorId: ada.id, content: 'one, edited' });
    await stores.messages.remove(gone.id, ada.id);
    const kept = await damage.bodyIds();
    for (const ageMs of [30 * 24 * HOUR_MS, HOUR_MS, 11 * 60_000]) {
      const id = v7({ msecs: Date.now() - ageMs }, new Uint8Array(16));
      await damage.plantBody({ id, messageId: id, chatId });
    }
    const young = v7({ msecs: Date.now() - 9 * 60_000 }, new Uint8Array(16));
    await damage.plantBody({ id: young, messageId: young, chatId });
    const passes = await Promise.all([sweeper().runOnce(), sweeper().runOnce(), sweeper().runOnce()]);
    expect(passes.reduce((sum, pass) => sum + pass.orphans, 0)).to.equal(3);
    expect(await sweeper().runOnce('full')).to.include({ end: 'complete', orphans: 0, looked: 4 });
    expect(await damage.bodyIds()).to.have.members([...kept, Buffer.from(young).toString('hex')]);
    expect((await stores.messages.find(first.id, ada.id)).content).to.equal('one, edited');
  });

  it('sweeps the body of an edit whose store answered too late', async () => {
    const message = await send(stores, chatId, ada, 'one');
    const insert = async (list: readonly Body[]): Promise<never> => {
      await stores.bodies.insert(list);
      throw new AppError('unavailable');
    };
    const deps = { clock: systemClock, logger: silentLogger };
    const log = createMessageLog(stores.sql, { ...stores.bodies, insert }, deps);
    await expectCode(log.edit({ messageId: message.id, actorId: ada.id, content: 'lost' }), 'unavailable');
    expect(await damage.bodyIds()).to.have.lengthOf(2);
    expect(await sweeper().runOnce('recent')).to.include({ orphans: 0 });
    expect(await sweeper({ orphanAfterMs: -60_000 }).runOnce('recent')).to.include({ orphans: 1 });
    expect(await damage.bodyIds()).to.have.lengthOf(1);
    expect((await stores.messages.find(message.id, ada.id)).content).to.equal('one');
  });
});
