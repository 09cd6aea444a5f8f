import { expect } from 'chai';
import { eq } from 'drizzle-orm';
import type { AppendOutcome } from '../../src/ports/message-log.js';
import { openMysql } from '../../src/stores/sql/dialects/mysql/index.js';
import { createMessageLog } from '../../src/stores/sql/messages/index.js';
import { systemClock } from '../../src/telemetry/clock.js';
import { at, draft, group, people } from '../conformance/chat-store.fixtures.js';
import { openTestStores, silentLogger, type TestStores } from '../helpers/stores.js';

/** While tables are small, optimizers read them whole where they are let, and lock what they read. MySQL's part only. */
function chatsApartSuite(): void {
  describe('chats that have nothing to do with each other', () => {
    let stores: TestStores;
    let given: string[] = [];
    before(async () => {
      stores = await openTestStores();
    });
    after(() => stores.close());

    async function scene(chatCount: number) {
      const users = await people(stores, 20);
      const chats: number[] = [];
      for (let index = 0; index < chatCount; index += 1) chats.push((await group(stores, users)).chat.id);
      await stores.sql.read((session) => session.query('ANALYZE TABLE chats, chat_participants'));
      return { users, chats };
    }

    /** Does `work` while somebody else has the lock of this chat. */
    async function held(chatId: number, work: () => Promise<void>): Promise<void> {
      const { chats } = stores.sql.tables;
      await stores.sql.transaction(async (tx) => {
        await tx.lock(tx.db.select({ id: chats.id }).from(chats).where(eq(chats.id, chatId)));
        await work();
      });
    }

    /** A node of its own: its own connections, its own memory. */
    function node() {
      if (stores.storage.kind !== 'split') throw new Error('this is about MySQL');
      const sql = openMysql(stores.storage.mysql, {
        onStatement: (text, phase) => {
          if (text === 'ROLLBACK') given.push(phase);
        },
      });
      return { log: createMessageLog(sql, stores.bodies, { clock: systemClock, logger: silentLogger }), sql };
    }

    const fates = (outcomes: readonly (AppendOutcome | 'busy')[]): Set<string> =>
      new Set(outcomes.map((outcome) => (outcome === 'busy' ? 'busy' : outcome.ok ? 'ok' : outcome.error.code)));

    it('are written to while another is held', async () => {
      const { users, chats } = await scene(3);
      const drafts = (tag: string) =>
        Array.from({ length: 10 }, (_, index) => draft(at(chats, index % 2), at(users, index), `${tag}${index}`));
      await stores.messages.append(drafts('warm'));
      await held(at(chats, 2), async () => {
        const began = performance.now();
        expect(fates(await stores.messages.appendUnlessBusy(drafts('batch')))).to.deep.equal(new Set(['ok']));
        // Behind a lock it would be three seconds.
        expect(performance.now() - began, 'ms').to.be.below(1_500);
      });
    });

    it('are written to by a batch for nearly all chats, but not for the one that is held', async () => {
      const [ada] = await people(stores, 1);
      if (ada === undefined) throw new Error('a person');
      const chats: number[] = [];
      for (let index = 0; index < 200; index += 1) chats.push((await group(stores, [ada])).chat.id);
      await stores.sql.read((session) => session.query('ANALYZE TABLE chats'));
      const drafts = chats.slice(0, 180).map((chatId) => draft(chatId, ada, 'hello'));
      await held(at(chats, 199), async () => {
        const began = performance.now();
        expect(fates(await stores.messages.append(drafts))).to.deep.equal(new Set(['ok']));
        expect(performance.now() - began, 'ms').to.be.below(2_000);
      });
    }).timeout(20_000);

    it('are written to by two nodes that never give a batch up', async () => {
      const { users, chats } = await scene(4);
      const nodes = [node(), node()];
      given = [];
      try {
        await Promise.all(
          nodes.map(async ({ log }, index) => {
            for (let round = 0; round < 100; round += 1) {
              const drafts = Array.from({ length: 10 }, (_, turn) =>
                draft(at(chats, 2 * index + (turn % 2)), at(users, (turn + round) % 20), `${index}:${round}:${turn}`),
              );
              expect(fates(await log.appendUnlessBusy(drafts))).to.deep.equal(new Set(['ok']));
            }
          }),
        );
        expect(given, 'transactions that were given up').to.deep.equal([]);
      } finally {
        await Promise.all(nodes.map(({ sql }) => sql.close()));
      }
    }).timeout(30_000);
  });
}

if (process.env['PARLEY_TEST_STORE'] === 'split') chatsApartSuite();
