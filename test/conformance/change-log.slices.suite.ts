import { expect } from 'chai';
import type { User } from '../../src/domain/user.js';
import type { DurableEvent } from '../../src/domain/events.js';
import { upTo, wholeDelta } from '../helpers/delta.js';
import { at, draft, group, people, stored, type ChatStores, type OpenStores } from './chat-store.fixtures.js';
import { deltaOf, missedOf, told } from './change-log.fixtures.js';

/** Twice as many as one slice holds, and more than are read whole in the snapshot. */
const MANY = 130;

/** What a delta costs: known before any body is read, and read in parts that all show the moment of the snapshot. */
export function changeLogSlicesSuite(open: OpenStores): void {
  describe('change log: the slices of a delta', () => {
    let stores: ChatStores;
    let ada: User;
    let bob: User;
    let chatId: number;
    let since: number;
    /** How many bodies each read asked for. */
    const asked: number[] = [];

    before(async () => {
      stores = await open();
      const { bodies } = stores;
      const find = bodies.find.bind(bodies);
      Object.assign(bodies, { find: (ids: readonly Uint8Array[]) => (asked.push(ids.length), find(ids)) });
    });
    beforeEach(async () => {
      [ada, bob] = (await people(stores, 2)) as [User, User];
      const { chat } = await group(stores, [ada, bob]);
      [chatId, since] = [chat.id, chat.rev];
      asked.length = 0;
    });
    after(() => stores.close());

    async function write(contents: readonly string[]): Promise<number[]> {
      const outcomes = await stores.messages.append(contents.map((content) => draft(chatId, ada, content)));
      return outcomes.map((outcome) => stored(outcome).id);
    }

    async function slicesOf(from = since) {
      const answer = await stores.changes.since(chatId, bob.id, from, upTo(1_000));
      if (answer.kind !== 'delta') throw new Error(answer.reason);
      return answer.delta;
    }

    const texts = (count: number, length = 0): string[] =>
      Array.from({ length: count }, (_, index) => `${index} ${'x'.repeat(length)}`);

    it('are of 64 objects at most, read no body before they are asked for, and come in order', async () => {
      await write(texts(MANY));
      const { rev, items, slices } = await slicesOf();
      expect([rev, items, asked]).to.deep.equal([since + MANY, MANY, []]);
      const events: DurableEvent[] = [];
      for (const slice of slices) events.push(...(await slice()));
      expect(asked).to.deep.equal([64, 64, 2]);
      expect(told(events)).to.deep.equal(
        Array.from({ length: MANY }, (_, index) => ['new_message', since + 1 + index]),
      );
      const contents = events.map((event) => ('message' in event ? event.message.content : null));
      expect(contents).to.deep.equal(texts(MANY));
    });

    it('are of 256 KiB at most, or of one message', async () => {
      await write(texts(60, 9_000));
      const { slices } = await slicesOf();
      for (const slice of slices) await slice();
      expect(asked.length).to.equal(3);
      expect(Math.max(...asked)).to.be.at.most(27);
    });

    it('tell the same as a short delta does, of whole rows', async () => {
      const ids = await write(texts(MANY));
      const [first, second, third] = ids;
      if (first === undefined || second === undefined || third === undefined) throw new Error('three messages');
      await stores.messages.edit({ messageId: first, actorId: ada.id, content: 'edited' });
      await stores.messages.remove(second, ada.id);
      await stores.chats.setAdmin(chatId, ada.id, bob.id, true);
      const { rev, events } = await deltaOf(stores, chatId, bob, since);
      const short = await deltaOf(stores, chatId, bob, rev - 60);
      const byRev = new Map(events.map((event) => [event.rev, event]));
      const same = short.events.filter(({ type }) => type === 'new_message' || type === 'message_deleted');
      expect(same).to.have.length.above(50);
      for (const event of same) expect(byRev.get(event.rev)).to.deep.equal(event);
      const edit = byRev.get(since + MANY + 1);
      if (edit?.type !== 'new_message') throw new Error('made and edited since');
      expect(edit.message).to.deep.equal(await stores.messages.find(first, bob.id));
      expect((await missedOf(stores, chatId, since))?.events.map((event) => event.rev)).to.deep.equal(
        events.map((event) => event.rev),
      );
    });

    it('show the moment of the snapshot, whatever is committed before they are read', async () => {
      const ids = await write(texts(MANY));
      const before = await deltaOf(stores, chatId, bob, since);
      const delta = await slicesOf();
      const last = at(ids, MANY - 1);
      for (const content of ['once', 'twice']) {
        await stores.messages.edit({ messageId: last, actorId: ada.id, content });
      }
      await stores.messages.remove(at(ids, 0), ada.id);
      await stores.chats.rename(chatId, ada.id, 'Another');
      await stores.chats.removeParticipant(chatId, ada.id, bob.id, 'remove');
      const { rev, lastSeq: _lastSeq, unreadCount: _unread, reads: _reads, ...rest } = before;
      expect(await wholeDelta(delta)).to.deep.equal({ rev, ...rest });
      expect(delta.rev).to.equal(since + MANY);
    });

    it('may be read again, and tell the same', async () => {
      await write(texts(MANY));
      const { slices } = await slicesOf();
      const slice = at(slices, 1);
      expect(await slice()).to.deep.equal(await slice());
    });

    it('are not made where their contents are too large together, and no body is read to find out', async () => {
      await write(texts(MANY, 1_000));
      const { changes } = stores;
      const bytes = 130_000;
      expect(await changes.since(chatId, bob.id, since, { items: 1_000, bytes })).to.deep.include({
        kind: 'resync',
        reason: 'too_large',
        rev: since + MANY,
      });
      expect(await changes.missed(chatId, since, { items: 1_000, bytes })).to.equal(null);
      expect(asked).to.deep.equal([]);
      expect(await changes.since(chatId, bob.id, since, { items: 1_000, bytes: 2 * bytes })).to.include({
        kind: 'delta',
      });
    });
  });
}
