import { expect } from 'chai';
import type { User } from '../../src/domain/user.js';
import {
  at,
  contents,
  draft,
  expectCode,
  group,
  people,
  seqs,
  stored,
  type ChatStores,
  type OpenStores,
} from './chat-store.fixtures.js';

/** Pages by number and windows by cursor. */
export function messageHistorySuite(open: OpenStores): void {
  describe('message log: history', () => {
    let stores: ChatStores;
    let ada: User;
    let out: User;
    let chatId: number;
    let visible: number[];

    before(async () => {
      stores = await open();
      const users = await people(stores, 2);
      ada = at(users, 0);
      out = at(users, 1);
      chatId = (await group(stores, [ada])).chat.id;
      const outcomes = await stores.messages.append(
        Array.from({ length: 30 }, (_, index) => draft(chatId, ada, `m${index + 1}`)),
      );
      const deleted = [1, 7, 8, 15, 30];
      for (const seq of deleted) await stores.messages.remove(stored(outcomes[seq - 1]).id, ada.id);
      visible = Array.from({ length: 30 }, (_, index) => index + 1).filter((seq) => !deleted.includes(seq));
    });
    after(() => stores.close());

    it('pages newest first with a total, whatever was deleted', async () => {
      const newest = [...visible].reverse();
      for (let offset = 0; offset <= 30; offset += 3) {
        const page = await stores.messages.page(chatId, ada.id, { offset, limit: 4 });
        expect(page.total, `total at ${offset}`).to.equal(25);
        expect(seqs(page.items), `page at ${offset}`).to.deep.equal(newest.slice(offset, offset + 4));
        expect(contents(page.items)).to.deep.equal(newest.slice(offset, offset + 4).map((seq) => `m${seq}`));
      }
    });

    it('pages a chat without deletions, and an empty one', async () => {
      const { chat } = await group(stores, [ada]);
      const empty = await stores.messages.page(chat.id, ada.id, { offset: 0, limit: 5 });
      expect(empty).to.deep.equal({ items: [], total: 0 });
      expect(await stores.messages.page(chat.id, ada.id, { offset: 20, limit: 5 })).to.deep.equal(empty);
      await stores.messages.append(Array.from({ length: 12 }, (_, index) => draft(chat.id, ada, `m${index + 1}`)));
      for (const offset of [0, 1, 5, 10, 11, 12, 900_000_000]) {
        const page = await stores.messages.page(chat.id, ada.id, { offset, limit: 5 });
        const wanted = Array.from({ length: 12 }, (_, index) => 12 - index).slice(offset, offset + 5);
        expect(seqs(page.items), `page at ${offset}`).to.deep.equal(wanted);
        expect(page.total).to.equal(12);
      }
    });

    it('windows before and after every seq, with what lies beyond', async () => {
      for (let seq = 0; seq <= 32; seq += 1) {
        const older = await stores.messages.window(chatId, ada.id, { kind: 'before', seq, limit: 4 });
        const below = visible.filter((one) => one < seq).reverse();
        expect(seqs(older.items), `before ${seq}`).to.deep.equal(below.slice(0, 4));
        expect(older.hasMoreBefore, `more before ${seq}`).to.equal(below.length > 4);
        expect(older.hasMoreAfter, `more after, before ${seq}`).to.equal(visible.some((one) => one >= seq));
        const newer = await stores.messages.window(chatId, ada.id, { kind: 'after', seq, limit: 4 });
        const above = visible.filter((one) => one > seq);
        expect(seqs(newer.items), `after ${seq}`).to.deep.equal(above.slice(0, 4).reverse());
        expect(newer.hasMoreAfter, `more after ${seq}`).to.equal(above.length > 4);
        expect(newer.hasMoreBefore, `more before, after ${seq}`).to.equal(visible.some((one) => one <= seq));
      }
    });

    it('windows around every seq: included where visible, centred, filled at the ends', async () => {
      for (const limit of [1, 2, 5, 6, 100]) {
        for (let seq = 0; seq <= 32; seq += 1) {
          const { items, ...more } = await stores.messages.window(chatId, ada.id, { kind: 'around', seq, limit });
          const where = `around ${seq} by ${limit}`;
          const found = seqs(items);
          expect(found.length, where).to.equal(Math.min(limit, visible.length));
          const low = at(found, found.length - 1);
          const high = at(found, 0);
          expect(found, where).to.deep.equal(visible.filter((one) => one >= low && one <= high).reverse());
          if (visible.includes(seq)) expect(found, where).to.include(seq);
          expect(more, where).to.deep.equal({
            hasMoreBefore: low > at(visible, 0),
            hasMoreAfter: high < at(visible, 24),
          });
          if (more.hasMoreBefore && more.hasMoreAfter) {
            const newer = found.filter((one) => one > seq).length;
            const older = found.filter((one) => one < seq).length;
            expect(Math.abs(newer - older), where).to.be.at.most(1);
          }
        }
      }
    });

    it('windows on the newest, and on nothing', async () => {
      const newest = await stores.messages.window(chatId, ada.id, { kind: 'newest', limit: 3 });
      expect([seqs(newest.items), newest.hasMoreBefore, newest.hasMoreAfter]).to.deep.equal([
        [29, 28, 27],
        true,
        false,
      ]);
      const { chat } = await group(stores, [ada]);
      for (const window of [
        { kind: 'newest', limit: 3 },
        { kind: 'before', seq: 5, limit: 3 },
        { kind: 'after', seq: 5, limit: 3 },
        { kind: 'around', seq: 5, limit: 3 },
      ] as const) {
        const nothing = { items: [], hasMoreBefore: false, hasMoreAfter: false };
        expect(await stores.messages.window(chat.id, ada.id, window)).to.deep.equal(nothing);
      }
    });

    it('refuses strangers like a chat that does not exist', async () => {
      for (const [chat, user] of [
        [chatId, out.id],
        [900_000_000_000, ada.id],
      ] as const) {
        await expectCode(stores.messages.page(chat, user, { offset: 0, limit: 5 }), 'chat_not_found');
        await expectCode(stores.messages.page(chat, user, { offset: 50, limit: 5 }), 'chat_not_found');
        await expectCode(stores.messages.window(chat, user, { kind: 'newest', limit: 5 }), 'chat_not_found');
        await expectCode(stores.messages.window(chat, user, { kind: 'around', seq: 3, limit: 5 }), 'chat_not_found');
      }
    });
  });
}
