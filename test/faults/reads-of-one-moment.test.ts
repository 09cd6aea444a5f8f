import { expect } from 'chai';
import { deltaOf, missedOf } from '../conformance/change-log.fixtures.js';
import { at, draft, stored } from '../conformance/chat-store.fixtures.js';
import { openTestStores, type TestStores } from '../helpers/stores.js';
import { Faults, setScene, type Scene } from './scene.js';

interface Read {
  readonly run: (scene: Scene) => Promise<unknown>;
  /** SELECTs of the SQL database, bodies not counted. */
  readonly statements: number;
}

const READS: Readonly<Record<string, Read>> = {
  list: { run: ({ stores, ada }) => stores.chats.list(ada.id, { offset: 0, limit: 10 }), statements: 4 },
  view: { run: ({ stores, ada, chatId }) => stores.chats.view(chatId, ada.id), statements: 1 },
  membership: { run: ({ stores, ada, chatId }) => stores.chats.membership(chatId, ada.id), statements: 1 },
  'first page': { run: ({ stores, ada, chatId }) => stores.messages.page(chatId, ada.id, page(0)), statements: 3 },
  'later page': { run: ({ stores, ada, chatId }) => stores.messages.page(chatId, ada.id, page(2)), statements: 3 },
  'last page': { run: ({ stores, ada, chatId }) => stores.messages.page(chatId, ada.id, page(5)), statements: 3 },
  newest: {
    run: ({ stores, ada, chatId }) => stores.messages.window(chatId, ada.id, { kind: 'newest', limit: 3 }),
    statements: 3,
  },
  before: {
    run: ({ stores, ada, chatId }) => stores.messages.window(chatId, ada.id, { kind: 'before', seq: 4, limit: 3 }),
    statements: 3,
  },
  after: {
    run: ({ stores, ada, chatId }) => stores.messages.window(chatId, ada.id, { kind: 'after', seq: 2, limit: 3 }),
    statements: 3,
  },
  around: {
    run: ({ stores, ada, chatId }) => stores.messages.window(chatId, ada.id, { kind: 'around', seq: 4, limit: 3 }),
    statements: 3,
  },
  'read watermark': {
    run: async ({ stores, ada, chatId }) => {
      // Whether the call moved the mark is about the call and no state.
      const { moved: _moved, ...state } = await stores.chats.markRead(chatId, ada.id, 2);
      return state;
    },
    statements: 4,
  },
  'a whole delta': {
    run: ({ stores, ada, chatId }) => deltaOf(stores, chatId, ada, 3),
    statements: 5,
  },
  'a delta for all': { run: ({ stores, chatId }) => missedOf(stores, chatId, 0), statements: 3 },
  'a page of changes': { run: ({ stores, bob, chatId }) => stores.changes.page(chatId, bob.id, 0, 6), statements: 5 },
};

function page(offset: number): { readonly offset: number; readonly limit: number } {
  return { offset, limit: 3 };
}

/** Changes every counter that a read may join with rows. */
async function disturb({ stores, ada, bob, eve, chatId }: Scene, messageId: number): Promise<void> {
  await stores.messages.append([draft(chatId, bob, 'x'), draft(chatId, ada, 'y')]);
  await stores.messages.remove(messageId, ada.id);
  await stores.chats.rename(chatId, ada.id, 'Disturbed');
  await stores.chats.removeParticipant(chatId, ada.id, eve.id, 'remove');
}

describe('reads of one moment', () => {
  const faults = new Faults();
  let stores: TestStores;
  before(async () => {
    stores = await openTestStores(faults.hooks());
  });
  afterEach(() => faults.reset());
  after(() => stores.close());

  /** A scene with eight messages, of which `deleted` are gone; answers the id of one that is not. */
  async function prepare(deleted: number): Promise<{ scene: Scene; messageId: number }> {
    const scene = await setScene(stores);
    const drafts = Array.from({ length: 7 }, (_, index) => draft(scene.chatId, scene.bob, `m${index}`));
    const ids = (await stores.messages.append(drafts)).map((outcome) => stored(outcome).id);
    for (const id of ids.slice(2, 2 + deleted)) await stores.messages.remove(id, scene.bob.id);
    return { scene, messageId: at(ids, 5) };
  }

  for (const [name, read] of Object.entries(READS)) {
    for (const deleted of [0, 1]) {
      it(`${name} stays within its statements with ${deleted} deleted`, async () => {
        const { scene } = await prepare(deleted);
        const selects: string[] = [];
        faults.onStatement = (text) => {
          if (/^\s*select/i.test(text)) selects.push(text);
        };
        await read.run(scene);
        const bodies = selects.filter((text) => /from bodies/i.test(text)).length;
        expect(selects.length - bodies).to.be.within(1, read.statements);
        expect(bodies).to.be.at.most(1);
      });

      it(`${name} shows one moment, whatever commits between its statements, with ${deleted} deleted`, async () => {
        let interrupted = 0;
        for (let pause = 1; pause <= 12; pause += 1) {
          const { scene, messageId } = await prepare(deleted);
          const before = await read.run(scene);
          let statement = 0;
          let reached = false;
          faults.onStatement = async (_text, phase) => {
            statement += 1;
            if (statement !== pause || phase !== 'read') return;
            reached = true;
            faults.reset();
            await disturb(scene, messageId);
          };
          const during = await read.run(scene);
          faults.reset();
          if (!reached) break;
          interrupted += 1;
          const after = await read.run(scene);
          expect([before, after], `paused at statement ${pause}`).to.deep.include(during);
        }
        expect(interrupted).to.be.at.least(1);
      });
    }
  }
});
