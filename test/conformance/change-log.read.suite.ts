import { expect } from 'chai';
import { LIMITS } from '../../src/protocol/limits.js';
import { upTo } from '../helpers/delta.js';
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
import { deltaOf, missedOf, pageOf, PLENTY, told } from './change-log.fixtures.js';

/** Who may read on, from where, and in which portions. */
export function changeLogReadSuite(open: OpenStores): void {
  describe('change log: reading on', () => {
    let stores: ChatStores;
    before(async () => {
      stores = await open();
    });
    after(() => stores.close());

    it('answers only who is in the chat at that moment', async () => {
      const [ada, bob, out] = await people(stores, 3);
      if (!ada || !bob || !out) throw new Error('three people');
      const { chat } = await group(stores, [ada, bob]);
      const { changes, chats } = stores;
      const asks = (userId: number, chatId = chat.id) => [
        () => changes.since(chatId, userId, 0, upTo(PLENTY)),
        () => changes.page(chatId, userId, 0, PLENTY),
      ];
      for (const ask of [...asks(out.id), ...asks(ada.id, 900_000_000_000)]) await expectCode(ask(), 'chat_not_found');
      await chats.removeParticipant(chat.id, ada.id, bob.id, 'remove');
      for (const ask of asks(bob.id)) await expectCode(ask(), 'chat_not_found');
      await chats.removeParticipant(chat.id, ada.id, ada.id, 'leave');
      for (const ask of asks(ada.id)) await expectCode(ask(), 'chat_not_found');
      expect(told((await missedOf(stores, chat.id, chat.rev))?.events ?? [])).to.deep.equal([
        ['participant_removed', chat.rev + 1],
        ['participant_removed', chat.rev + 2],
      ]);
    });

    it('tells a rev from the future and a delta that is too large', async () => {
      const [ada] = await people(stores, 1);
      if (!ada) throw new Error('a person');
      const { chat } = await group(stores, [ada]);
      for (const content of ['one', 'two', 'three']) await send(stores, chat.id, ada, content);
      const rev = chat.rev + 3;
      const { changes } = stores;
      expect(await changes.since(chat.id, ada.id, rev + 1, upTo(PLENTY))).to.deep.include({
        kind: 'resync',
        rev,
        reason: 'future_rev',
      });
      expect(await changes.page(chat.id, ada.id, rev + 1, 10)).to.deep.equal({
        kind: 'resync',
        rev,
        reason: 'future_rev',
      });
      expect(await changes.since(chat.id, ada.id, chat.rev, upTo(2))).to.deep.equal({
        kind: 'resync',
        rev,
        reason: 'too_large',
        state: { lastSeq: 3, unreadCount: 0, reads: [{ userId: ada.id, lastReadSeq: 3 }] },
      });
      expect((await deltaOf(stores, chat.id, ada, chat.rev, 3)).events).to.have.length(3);
      expect(await missedOf(stores, chat.id, chat.rev, 2)).to.equal(null);
      expect((await missedOf(stores, chat.id, chat.rev, 3))?.events).to.have.length(3);
      expect(await missedOf(stores, chat.id, rev + 5, 3)).to.deep.equal({ rev, events: [] });
    });

    it('pages by rev over all kinds, and never cuts through one rev', async () => {
      const [ada, bob, eve, out] = await people(stores, 4);
      if (!ada || !bob || !eve || !out) throw new Error('four people');
      const { chat } = await group(stores, [ada, bob, eve]);
      const first = await send(stores, chat.id, ada, 'one');
      await stores.chats.addParticipants(chat.id, ada.id, [out.id]);
      await send(stores, chat.id, out, 'two');
      await stores.messages.edit({ messageId: first.id, actorId: ada.id, content: 'one, edited' });
      const rev = chat.rev + 4;

      const founding = await pageOf(stores, chat.id, bob, 0, 1);
      expect(founding).to.deep.include({ rev: 1, hasMore: true });
      expect(told(founding.events)).to.have.deep.members([
        ['chat_updated', 1],
        ['participant_added', 1],
        ['participant_added', 1],
        ['participant_added', 1],
      ]);
      expect(await pageOf(stores, chat.id, bob, 0, 3)).to.deep.include({ rev: 1, hasMore: true });
      expect(told((await pageOf(stores, chat.id, bob, 1, 1)).events)).to.deep.equal([['participant_added', rev - 2]]);
      const rest = await pageOf(stores, chat.id, bob, rev - 2, 2);
      expect(rest).to.deep.include({ rev, hasMore: false });
      expect(told(rest.events)).to.deep.equal([
        ['new_message', rev - 1],
        ['message_updated', rev],
      ]);
      expect(await pageOf(stores, chat.id, bob, rev - 2, 1)).to.deep.include({ rev: rev - 1, hasMore: true });
      expect(await pageOf(stores, chat.id, bob, rev, 1)).to.deep.include({ rev, hasMore: false, events: [] });
      expect(await pageOf(stores, chat.id, bob, 2, 0)).to.deep.include({ rev: 2, hasMore: true, events: [] });
      expect(await pageOf(stores, chat.id, bob, rev, 0)).to.deep.include({ rev, hasMore: false, events: [] });
    });

    it('carries read marks and the unread count of the reader', async () => {
      const users = await people(stores, LIMITS.readMarksMax + 1);
      const few = users.slice(0, LIMITS.readMarksMax);
      const [ada, bob] = [at(users, 0), at(users, 1)];
      const small = (await group(stores, few)).chat;
      const large = (await group(stores, users)).chat;
      for (const chat of [small, large]) {
        await stores.messages.append(['one', 'two', 'three'].map((content) => draft(chat.id, ada, content)));
        await stores.chats.markRead(chat.id, bob.id, 1);
      }
      const { reads, ...state } = await deltaOf(stores, small.id, bob, 0);
      expect(state).to.deep.include({ lastSeq: 3, unreadCount: 2 });
      expect(reads).to.have.length(LIMITS.readMarksMax);
      expect(reads.slice(0, 2)).to.deep.equal([
        { userId: ada.id, lastReadSeq: 3 },
        { userId: bob.id, lastReadSeq: 1 },
      ]);
      expect((await pageOf(stores, large.id, bob, 0, 5)).state).to.deep.equal({
        lastSeq: 3,
        unreadCount: 2,
        reads: [{ userId: bob.id, lastReadSeq: 1 }],
      });
    });

    it('gives revs by key, and a user’s chats in the order of their ids', async () => {
      const [ada, bob] = await people(stores, 2);
      if (!ada || !bob) throw new Error('two people');
      const { changes, chats } = stores;
      const one = (await group(stores, [ada, bob])).chat;
      const two = (await group(stores, [bob])).chat;
      const direct = (await chats.openDirect(ada.id, bob.id)).view.chat;
      const left = (await group(stores, [ada, bob])).chat;
      const last = (await group(stores, [ada])).chat;
      await chats.removeParticipant(left.id, ada.id, ada.id, 'leave');
      await chats.removeParticipant(direct.id, ada.id, ada.id, 'leave');
      await send(stores, one.id, ada, 'one');
      expect(await changes.revs([])).to.deep.equal(new Map());
      expect(await changes.revs([two.id, 900_000_000_000, one.id])).to.deep.equal(
        new Map([
          [one.id, 2],
          [two.id, 1],
        ]),
      );
      const mine = [
        { chatId: one.id, rev: 2, lastSeq: 1, lastReadSeq: 1 },
        { chatId: direct.id, rev: 1, lastSeq: 0, lastReadSeq: 0 },
        { chatId: last.id, rev: 1, lastSeq: 0, lastReadSeq: 0 },
      ];
      expect(await changes.chatsOf(ada.id, 0, 10)).to.deep.equal(mine);
      expect(await changes.chatsOf(ada.id, 0, 2)).to.deep.equal(mine.slice(0, 2));
      expect(await changes.chatsOf(ada.id, direct.id, 2)).to.deep.equal(mine.slice(2));
      await chats.removeParticipant(last.id, ada.id, ada.id, 'leave');
      expect(await changes.chatsOf(ada.id, direct.id, 2)).to.deep.equal([]);
      expect(await changes.recentChatsOf(ada.id, 10)).to.deep.equal(mine.slice(0, 2));
    });

    it('lists a user’s chats by activity: what was written, renamed, or come into last', async () => {
      const { changes, chats } = stores;
      const [ada, ben] = await people(stores, 2);
      if (!ada || !ben) throw new Error('two people');
      const made: number[] = [];
      for (const others of [[ada], [ada], [ada], []]) {
        await nextMillisecond();
        made.push((await group(stores, [ben, ...others])).chat.id);
      }
      const [a = 0, b = 0, c = 0, d = 0] = made;
      const listed = async (limit: number) => (await changes.recentChatsOf(ada.id, limit)).map(({ chatId }) => chatId);
      expect(await listed(10)).to.deep.equal([c, b, a]);
      await nextMillisecond();
      await send(stores, a, ben, 'hello');
      expect(await listed(10)).to.deep.equal([a, c, b]);
      await nextMillisecond();
      await chats.rename(b, ben.id, 'renamed');
      await nextMillisecond();
      await chats.addParticipants(d, ben.id, [ada.id]);
      expect(await listed(10)).to.deep.equal([d, b, a, c]);
      expect(await listed(2)).to.deep.equal([d, b]);
      expect((await changes.recentChatsOf(ada.id, 3))[2]).to.deep.include({ chatId: a, lastSeq: 1, lastReadSeq: 0 });
    });

    it('names the data set', () => {
      expect(stores.changes.epoch).to.match(/^[0-9a-f-]{36}$/);
    });
  });
}
