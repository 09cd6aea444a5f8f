import { expect } from 'chai';
import type { Clock } from '../../src/ports/clock.js';
import { createChatStore } from '../../src/stores/sql/chats/index.js';
import type { SqlDatabase } from '../../src/stores/sql/database.js';
import { systemClock } from '../../src/telemetry/clock.js';
import { at, expectCode, people } from '../conformance/chat-store.fixtures.js';
import { openTestStores, type TestStores } from '../helpers/stores.js';
import { connectionLost, Faults } from './scene.js';

/** SQLite gives the number of a chat that was rolled back to the next one, here even in the same millisecond. */
describe('a lost creation whose number somebody else gets', () => {
  const faults = new Faults();
  const clock: Clock = { now: () => 1_750_000_000_000, monotonic: () => systemClock.monotonic() };
  let stores: TestStores;
  before(async () => {
    stores = await openTestStores({ ...faults.hooks(), clock });
  });
  afterEach(() => faults.reset());
  after(() => stores.close());

  for (const difference of ['name', 'creator', 'founders'] as const) {
    it(`is not taken for theirs, by its ${difference}`, async () => {
      const users = await people(stores, 3);
      const [ada, bob, eve] = [at(users, 0).id, at(users, 1).id, at(users, 2).id];
      const mine = { name: 'Mine', creatorId: ada, memberIds: [bob] };
      const theirs = {
        name: { ...mine, name: 'Theirs' },
        creator: { ...mine, creatorId: bob, memberIds: [ada] },
        founders: { ...mine, memberIds: [eve] },
      }[difference];
      let transactions = 0;
      const sql: SqlDatabase = {
        ...stores.sql,
        async transaction(work) {
          transactions += 1;
          if (transactions === 2) await stores.chats.createGroup(theirs);
          return stores.sql.transaction(work);
        },
      };
      faults.onStatement = (_text, phase) => {
        if (phase !== 'commit') return;
        faults.reset();
        throw connectionLost();
      };
      const store = createChatStore(sql, stores.bodies, { clock, logger: { warn: () => undefined } });
      await expectCode(store.createGroup(mine), 'unavailable');
      const { items } = await stores.chats.list(ada, { offset: 0, limit: 10 });
      expect(items.map(({ chat }) => chat.name)).to.deep.equal([theirs.name]);
    });
  }
});
