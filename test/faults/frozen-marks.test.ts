import { expect } from 'chai';
import type { User } from '../../src/domain/user.js';
import { createChatStore } from '../../src/stores/sql/chats/index.js';
import { openMysql } from '../../src/stores/sql/dialects/mysql/index.js';
import { systemClock } from '../../src/telemetry/clock.js';
import { at, draft, group, people, send, stored } from '../conformance/chat-store.fixtures.js';
import { openTestStores, silentLogger, type TestStores } from '../helpers/stores.js';

function pair(users: readonly User[]): readonly [User, User] {
  return [at(users, 0), at(users, 1)];
}

/** SQLite has one process; this is about nodes that share MySQL. */
function frozenMarksSuite(): void {
  describe("a node that stops while it changes its users' own marks", () => {
    let stores: TestStores;
    before(async () => {
      stores = await openTestStores();
    });
    after(() => stores.close());

    /** Another node, which stops before its next COMMIT goes out. */
    function frozenNode() {
      if (stores.storage.kind !== 'split') throw new Error('this is about MySQL');
      let goOn: () => void = () => undefined;
      const frozen = new Promise<void>((resolve) => {
        goOn = resolve;
      });
      let hasStopped: () => void = () => undefined;
      const stopped = new Promise<void>((resolve) => {
        hasStopped = resolve;
      });
      const sql = openMysql(stores.storage.mysql, {
        async onStatement(_text, phase) {
          if (phase !== 'commit') return;
          hasStopped();
          await frozen;
        },
      });
      const chats = createChatStore(sql, stores.bodies, { clock: systemClock, logger: silentLogger });
      return { chats, stopped, goOn, close: () => sql.close() };
    }

    type Node = ReturnType<typeof frozenNode>;

    /** `work` of the user stops on the other node; what the same user sends goes through, and so do others. */
    async function expectQuickSends(user: User, chatId: number, work: (node: Node) => Promise<unknown>): Promise<void> {
      const others = await people(stores, 2);
      const other = (await group(stores, others)).chat.id;
      const node = frozenNode();
      try {
        const working = work(node);
        await node.stopped;
        const began = performance.now();
        const sends = [draft(other, at(others, 0), 'elsewhere'), draft(chatId, user, 'here')];
        const outcomes = await stores.messages.appendUnlessBusy(sends);
        // Behind a lock it would be three seconds.
        expect(performance.now() - began, 'ms').to.be.below(1_500);
        expect(outcomes.map((outcome) => (outcome === 'busy' ? outcome : stored(outcome).content))).to.deep.equal([
          'elsewhere',
          'here',
        ]);
        node.goOn();
        await working;
      } finally {
        node.goOn();
        await node.close();
      }
    }

    it('holds up nobody by a read mark', async () => {
      const [ada, bob] = pair(await people(stores, 2));
      const chatId = (await group(stores, [ada, bob])).chat.id;
      for (const content of ['one', 'two']) await send(stores, chatId, bob, content);
      await expectQuickSends(ada, chatId, ({ chats }) => chats.markRead(chatId, ada.id, 1));
      // The send read everything up to itself; the mark that came late does not move that back.
      expect((await stores.chats.markRead(chatId, ada.id, 1)).lastReadSeq).to.equal(3);
    }).timeout(10_000);

    it('holds up nobody by bringing a hidden chat back', async () => {
      const [ada, bob] = pair(await people(stores, 2));
      const { chat } = (await stores.chats.openDirect(ada.id, bob.id)).view;
      await stores.chats.removeParticipant(chat.id, ada.id, ada.id, 'leave');
      await expectQuickSends(ada, chat.id, ({ chats }) => chats.openDirect(ada.id, bob.id));
    }).timeout(10_000);
  });
}

if (process.env['PARLEY_TEST_STORE'] === 'split') frozenMarksSuite();
