import { expect } from 'chai';
import fc from 'fast-check';
import type { User } from '../../src/domain/user.js';
import { at, group, people, send, type ChatStores, type OpenStores } from './chat-store.fixtures.js';
import { deltaOf } from './change-log.fixtures.js';

type Step = readonly [kind: (typeof KINDS)[number], user: number, target: number];

const KINDS = ['send', 'send', 'send', 'read', 'edit', 'remove', 'rejoin'] as const;
const PEOPLE = 3;

/** What ought to be: the chat as a list of messages, and how far each has read. */
class Model {
  readonly messages: { readonly id: number; readonly sender: User; isDeleted: boolean }[] = [];
  readonly marks = new Map<User, number>();

  mark(user: User): number {
    return this.marks.get(user) ?? 0;
  }

  unread(user: User): number {
    const beyond = this.messages.slice(this.mark(user));
    return beyond.filter((message) => !message.isDeleted && message.sender !== user).length;
  }
}

/** Read marks and unread counts against a model, whatever happens in a chat. */
export function unreadSuite(open: OpenStores): void {
  describe('unread counts', function () {
    this.timeout(120_000);
    let stores: ChatStores;
    before(async () => {
      stores = await open();
    });
    after(() => stores.close());

    it('are those of the model after every step of any life', async () => {
      const step = fc.tuple(fc.constantFrom(...KINDS), fc.nat(PEOPLE - 1), fc.nat(20));
      const property = fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async (steps) => {
        const users = await people(stores, PEOPLE);
        const { chat } = await group(stores, users);
        const model = new Model();
        for (const one of steps) {
          await play(chat.id, users, model, one);
          for (const user of users) await expectState(chat.id, user, users, model);
        }
      });
      await fc.assert(property, { seed: Date.now() % 2 ** 31, numRuns: 15, endOnFailure: true });
    });

    it('are exact after everything has happened at once', async () => {
      const users = await people(stores, PEOPLE);
      const { chat } = await group(stores, users);
      const acts = users.flatMap((user) =>
        Array.from({ length: 12 }, async (_, nth) => {
          const { id, seq } = await send(stores, chat.id, user, `${nth}`);
          if (nth % 3 === 0) await stores.messages.remove(id, user.id);
          if (nth % 4 === 0) await stores.chats.markRead(chat.id, user.id, seq - 1);
        }),
      );
      await Promise.all(acts);
      for (const user of users) {
        const { reads, unreadCount, events, lastSeq } = await deltaOf(stores, chat.id, user, 0);
        expect(lastSeq).to.equal(acts.length);
        const own = reads.find((mark) => mark.userId === user.id)?.lastReadSeq ?? 0;
        const unread = events.filter((event) => event.type === 'new_message' && event.message.seq > own);
        expect(unreadCount).to.equal(unread.length);
        for (const event of unread) expect(event).not.to.have.nested.property('message.senderId', user.id);
      }
    });

    it('marks only move forward, also when several devices move one at once', async () => {
      const users = await people(stores, 2);
      const [ada, bob] = [at(users, 0), at(users, 1)];
      const { chat } = await group(stores, users);
      for (let nth = 1; nth <= 9; nth += 1) await send(stores, chat.id, ada, `${nth}`);
      const seqs = [4, 9, 2, 7, 1];
      const answers = await Promise.all(seqs.map((seq) => stores.chats.markRead(chat.id, bob.id, seq)));
      for (const [index, seq] of seqs.entries()) expect(at(answers, index).lastReadSeq).to.be.at.least(seq);
      expect(answers.some(({ moved }) => moved !== null)).to.equal(true);
      expect(await stores.chats.markRead(chat.id, bob.id, 0)).to.deep.equal({
        lastReadSeq: 9,
        unreadCount: 0,
        moved: null,
      });
    });

    async function play(
      chatId: number,
      users: readonly User[],
      model: Model,
      [kind, who, target]: Step,
    ): Promise<void> {
      const user = at(users, who);
      const known = model.messages[target];
      const { messages, chats } = stores;
      switch (kind) {
        case 'send': {
          const { id, seq } = await send(stores, chatId, user, `from ${who}`);
          model.messages.push({ id, sender: user, isDeleted: false });
          model.marks.set(user, seq);
          return;
        }
        case 'read': {
          const expected = Math.max(model.mark(user), Math.min(target, model.messages.length));
          const { lastReadSeq } = await chats.markRead(chatId, user.id, target);
          expect(lastReadSeq).to.equal(expected);
          model.marks.set(user, expected);
          return;
        }
        case 'edit':
          if (known === undefined || known.isDeleted) return;
          await messages.edit({ messageId: known.id, actorId: known.sender.id, content: `edited ${target}` });
          return;
        case 'remove':
          if (known === undefined || known.isDeleted) return;
          await messages.remove(known.id, known.sender.id);
          known.isDeleted = true;
          return;
        case 'rejoin': {
          // The creator stays, so that there is an admin to let them in again.
          const guest = at(users, 1 + (target % (PEOPLE - 1)));
          await chats.removeParticipant(chatId, guest.id, guest.id, 'leave');
          await chats.addParticipants(chatId, at(users, 0).id, [guest.id]);
          model.marks.set(guest, model.messages.length);
          return;
        }
        default:
          return kind satisfies never;
      }
    }

    async function expectState(chatId: number, user: User, users: readonly User[], model: Model): Promise<void> {
      const { items } = await stores.chats.list(user.id, { offset: 0, limit: 5 });
      const { unreadCount, reads } = await deltaOf(stores, chatId, user, 0);
      expect(items[0]?.unreadCount).to.equal(model.unread(user));
      expect(unreadCount).to.equal(model.unread(user));
      expect(reads).to.have.deep.members(users.map((one) => ({ userId: one.id, lastReadSeq: model.mark(one) })));
    }
  });
}
