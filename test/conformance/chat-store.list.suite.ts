import { expect } from 'chai';
import type { Message } from '../../src/domain/message.js';
import { LIMITS } from '../../src/protocol/limits.js';
import {
  at,
  draft,
  expectCode,
  group,
  nextMillisecond,
  people,
  send,
  type ChatStores,
  type OpenStores,
} from './chat-store.fixtures.js';

/** The list of a user's chats, its counters, and read watermarks. */
export function chatListSuite(open: OpenStores): void {
  describe('chat store: list and read watermarks', () => {
    let stores: ChatStores;
    before(async () => {
      stores = await open();
    });
    after(() => stores.close());

    it('lists by latest activity with preview, counts and pages', async () => {
      const [ada, bob, eve] = await people(stores, 3);
      if (!ada || !bob || !eve) throw new Error('three people');
      const one = (await group(stores, [ada, bob, eve])).chat;
      const two = (await stores.chats.openDirect(ada.id, bob.id)).view.chat;
      const three = (await group(stores, [bob])).chat;
      await nextMillisecond();
      await send(stores, two.id, bob, 'first');
      await nextMillisecond();
      await send(stores, one.id, eve, 'second');
      const { items, total } = await stores.chats.list(ada.id, { offset: 0, limit: 10 });
      expect(total).to.equal(2);
      expect(items.map((item) => item.chat.id)).to.deep.equal([one.id, two.id]);
      expect(items.map((item) => item.chat.id)).not.to.include(three.id);
      const top = at(items, 0);
      expect(top).to.include({ participantCount: 3, unreadCount: 1 });
      expect(top.lastMessage?.content).to.equal('second');
      expect(top.chat).to.include({ lastSeq: 1, rev: one.rev + 1, type: 'group' });
      const second = await stores.chats.list(ada.id, { offset: 1, limit: 1 });
      expect([second.total, at(second.items, 0).chat.id]).to.deep.equal([2, two.id]);
      expect((await stores.chats.list(ada.id, { offset: 5, limit: 1 })).items).to.deep.equal([]);
      const sender = at((await stores.chats.list(eve.id, { offset: 0, limit: 10 })).items, 0);
      expect(sender).to.include({ unreadCount: 0, participantCount: 3 });
    });

    it('moves a chat to the top when something is sent or it is renamed', async () => {
      const [ada] = await people(stores, 1);
      if (!ada) throw new Error('a person');
      const order = async (): Promise<number[]> =>
        (await stores.chats.list(ada.id, { offset: 0, limit: 10 })).items.map((item) => item.chat.id);
      const one = (await group(stores, [ada])).chat;
      await nextMillisecond();
      const two = (await group(stores, [ada])).chat;
      expect(await order()).to.deep.equal([two.id, one.id]);
      await nextMillisecond();
      await send(stores, one.id, ada, 'x');
      expect(await order()).to.deep.equal([one.id, two.id]);
      await nextMillisecond();
      await stores.chats.rename(two.id, ada.id, 'Renamed');
      expect(await order()).to.deep.equal([two.id, one.id]);
    });

    it('shows the newest visible message, and none after all are deleted', async () => {
      const [ada] = await people(stores, 1);
      if (!ada) throw new Error('a person');
      const { chat } = await group(stores, [ada]);
      const sent: Message[] = [];
      for (const content of ['a', 'b', 'c']) sent.push(await send(stores, chat.id, ada, content));
      const preview = async (): Promise<string | null | undefined> =>
        at((await stores.chats.list(ada.id, { offset: 0, limit: 10 })).items, 0).lastMessage?.content;
      expect(await preview()).to.equal('c');
      await stores.messages.remove(at(sent, 1).id, ada.id);
      expect(await preview()).to.equal('c');
      await stores.messages.remove(at(sent, 2).id, ada.id);
      expect(await preview()).to.equal('a');
      await stores.messages.edit({ messageId: at(sent, 0).id, actorId: ada.id, content: 'a2' });
      expect(await preview()).to.equal('a2');
      await stores.messages.remove(at(sent, 0).id, ada.id);
      expect(at((await stores.chats.list(ada.id, { offset: 0, limit: 10 })).items, 0).lastMessage).to.equal(null);
    });

    it('moves watermarks forward only, and never past the last message', async () => {
      const [ada, bob] = await people(stores, 2);
      if (!ada || !bob) throw new Error('two people');
      const { chat } = await group(stores, [ada, bob]);
      for (const content of ['a', 'b', 'c', 'd']) await send(stores, chat.id, ada, content);
      const read = (seq: number): Promise<object> => stores.chats.markRead(chat.id, bob.id, seq);
      const moved = { participants: 2 };
      expect(await read(2)).to.deep.equal({ lastReadSeq: 2, unreadCount: 2, moved });
      for (const seq of [2, 1, 0]) {
        expect(await read(seq)).to.deep.equal({ lastReadSeq: 2, unreadCount: 2, moved: null });
      }
      expect(await read(1_000)).to.deep.equal({ lastReadSeq: 4, unreadCount: 0, moved });
      await send(stores, chat.id, ada, 'e');
      expect(await read(4)).to.deep.equal({ lastReadSeq: 4, unreadCount: 1, moved: null });
      expect((await stores.chats.view(chat.id, bob.id)).chat.rev).to.equal(chat.rev + 5);
      const [out] = await people(stores, 1);
      if (!out) throw new Error('a person');
      await expectCode(stores.chats.markRead(chat.id, out.id, 1), 'chat_not_found');
      await expectCode(stores.chats.markRead(900_000_000_000, ada.id, 1), 'chat_not_found');
    });

    it("leaves deleted and one's own messages out of the unread count", async () => {
      const [ada, bob] = await people(stores, 2);
      if (!ada || !bob) throw new Error('two people');
      const { chat } = await group(stores, [ada, bob]);
      const unread = async (): Promise<number> =>
        at((await stores.chats.list(bob.id, { offset: 0, limit: 10 })).items, 0).unreadCount;
      const sent: Message[] = [];
      for (const content of ['a', 'b', 'c']) sent.push(await send(stores, chat.id, ada, content));
      expect(await unread()).to.equal(3);
      await stores.messages.remove(at(sent, 1).id, ada.id);
      expect(await unread()).to.equal(2);
      await send(stores, chat.id, bob, 'mine');
      expect(await unread()).to.equal(0);
      await send(stores, chat.id, ada, 'd');
      expect(await unread()).to.equal(1);
    });

    it('counts unread messages to 1,000 and shows more as 1,000', async () => {
      const [ada, bob] = await people(stores, 2);
      if (!ada || !bob) throw new Error('two people');
      const { chat } = await group(stores, [ada, bob]);
      const fill = async (count: number): Promise<number[]> => {
        const drafts = Array.from({ length: count }, (_, index) => draft(chat.id, ada, `n${index}`));
        return (await stores.messages.append(drafts)).map((outcome) => (outcome.ok ? outcome.message.id : 0));
      };
      const unread = async (): Promise<number> =>
        at((await stores.chats.list(bob.id, { offset: 0, limit: 10 })).items, 0).unreadCount;
      const first = await fill(LIMITS.unreadMax - 1);
      expect(await unread()).to.equal(LIMITS.unreadMax - 1);
      await fill(1);
      expect(await unread()).to.equal(LIMITS.unreadMax);
      await fill(2);
      expect(await unread()).to.equal(LIMITS.unreadMax);
      for (const id of first.slice(0, 3)) await stores.messages.remove(id, ada.id);
      expect(await unread()).to.equal(LIMITS.unreadMax - 1);
      expect(await stores.chats.markRead(chat.id, bob.id, 2)).to.deep.include({ lastReadSeq: 2, unreadCount: 999 });
    });
  });
}
