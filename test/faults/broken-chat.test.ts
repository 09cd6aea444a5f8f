import { expect } from 'chai';
import type { AppendOutcome } from '../../src/ports/message-log.js';
import { at, contents, draft, group, people, refusal, send, seqs, stored } from '../conformance/chat-store.fixtures.js';
import { openTestStores, type TestStores } from '../helpers/stores.js';

const isSplit = process.env['PARLEY_TEST_STORE'] === 'split';

describe('a batch with one bad chat', () => {
  let stores: TestStores;
  before(async () => {
    stores = await openTestStores();
  });
  after(() => stores.close());

  async function scene() {
    const users = await people(stores, 3);
    const chats: number[] = [];
    for (let index = 0; index < 3; index += 1) {
      const { id } = (await group(stores, users)).chat;
      chats.push(id);
      await send(stores, id, at(users, 0), 'first', 'k1');
    }
    const [bad, second, third] = [at(chats, 0), at(chats, 1), at(chats, 2)];
    const [ada, bob, cleo] = [at(users, 0), at(users, 1), at(users, 2)];
    return { bad, second, third, ada, bob, cleo };
  }

  async function write(text: string, values: readonly number[]): Promise<void> {
    await stores.sql.transaction((tx) => tx.run(text, values));
  }

  it('stores the messages of the others, once and in order', async () => {
    const { bad, second, third, ada, bob, cleo } = await scene();
    await write('UPDATE chats SET last_seq = 0 WHERE id = ?', [bad]);
    const outcomes = await stores.messages.append([
      draft(second, ada, 'two', 'k2'),
      draft(bad, ada, 'lost', 'k2'),
      draft(second, bob, 'three'),
      draft(third, ada, 'first', 'k1'),
      draft(third, cleo, 'two'),
    ]);
    expect(refusal(outcomes[1])).to.equal('internal');
    expect([0, 2, 3, 4].map((index) => stored(outcomes[index]).seq)).to.deep.equal([2, 3, 1, 2]);
    expect(outcomes[3]).to.include({ ok: true, duplicate: true });
    for (const [chatId, expected] of [
      [second, ['three', 'two', 'first']],
      [third, ['two', 'first']],
    ] as const) {
      const { items } = await stores.messages.window(chatId, ada.id, { kind: 'newest', limit: 10 });
      expect(contents(items)).to.deep.equal(expected);
      expect(seqs(items)).to.deep.equal(expected.map((_, index) => expected.length - index));
    }
    await write('UPDATE chats SET last_seq = 1 WHERE id = ?', [bad]);
    expect((await send(stores, bad, ada, 'lost', 'k2')).seq).to.equal(2);
  });

  it('fails by itself where it is the only one', async () => {
    const { bad, ada } = await scene();
    await write('UPDATE chats SET last_seq = 0 WHERE id = ?', [bad]);
    expect((await stores.messages.append([draft(bad, ada, 'x')])).map(refusal)).to.deep.equal(['internal']);
  });

  /** SQLite has one lock for everything, which nobody holds part of. */
  if (isSplit) {
    it('leaves only the chat for later whose participant somebody else holds', async () => {
      const { bad, second, third, ada, bob } = await scene();
      let outcomes: readonly (AppendOutcome | 'busy')[] = [];
      await stores.sql.transaction(async (tx) => {
        await tx.run('UPDATE chat_participants SET hidden_seq = 1 WHERE chat_id = ? AND user_id = ?', [bad, ada.id]);
        outcomes = await stores.messages.appendUnlessBusy([
          draft(second, ada, 'two'),
          draft(bad, ada, 'held'),
          draft(third, bob, 'two'),
        ]);
      });
      expect(outcomes.map((outcome) => (outcome === 'busy' ? outcome : stored(outcome).seq))).to.deep.equal([
        2,
        'busy',
        2,
      ]);
      expect((await send(stores, bad, ada, 'held')).seq).to.equal(2);
    }).timeout(15_000);
  }
});
