import { expect } from 'chai';
import type { Chat } from '../../src/domain/chat.js';
import {
  at,
  contents,
  draft,
  group,
  people,
  refusal,
  send,
  seqs,
  stored,
  type ChatStores,
  type OpenStores,
} from './chat-store.fixtures.js';

/** Sending: order, batches, refusals and deduplication. */
export function messageAppendSuite(open: OpenStores): void {
  describe('message log: append', () => {
    let stores: ChatStores;
    before(async () => {
      stores = await open();
    });
    after(() => stores.close());

    it('stores a message with the next seq and rev and an event', async () => {
      const [ada] = await people(stores, 1);
      if (!ada) throw new Error('a person');
      const { chat } = await group(stores, [ada]);
      const before = Date.now();
      const [outcome] = await stores.messages.append([draft(chat.id, ada, 'hello 👋 ?', 'k1')]);
      const message = stored(outcome);
      expect(message).to.deep.include({
        chatId: chat.id,
        seq: 1,
        rev: chat.rev + 1,
        senderId: ada.id,
        senderUsername: ada.username,
        content: 'hello 👋 ?',
        contentStatus: 'ok',
        messageType: 'text',
        isEdited: false,
        isDeleted: false,
        editedAt: null,
        version: 1,
        clientMessageId: 'k1',
      });
      expect(Math.abs(message.timestamp.getTime() - before)).to.be.below(60_000);
      expect(outcome).to.deep.include({ ok: true, duplicate: false });
      expect(outcome?.ok === true && outcome.event).to.deep.equal({
        type: 'new_message',
        chatId: chat.id,
        rev: chat.rev + 1,
        at: message.timestamp,
        message,
      });
      expect(await stores.messages.find(message.id, ada.id)).to.deep.equal(message);
      expect((await stores.chats.view(chat.id, ada.id)).chat).to.include({ lastSeq: 1, rev: chat.rev + 1 });
      expect(await stores.messages.append([])).to.deep.equal([]);
    });

    it('gives dense seqs in the order of the list, per chat, also with calls at once', async () => {
      const users = await people(stores, 3);
      const chats: Chat[] = [];
      for (let index = 0; index < 3; index += 1) chats.push((await group(stores, users)).chat);
      const batch = (tag: number) =>
        Array.from({ length: 30 }, (_, index) =>
          draft(at(chats, index % 3).id, at(users, (index + tag) % 3), `${tag}:${index}`),
        );
      const outcomes = await Promise.all([1, 2, 3, 4].map((tag) => stores.messages.append(batch(tag))));
      for (const [index, chat] of chats.entries()) {
        const { items } = await stores.messages.window(chat.id, at(users, 0).id, { kind: 'newest', limit: 100 });
        expect(seqs(items)).to.deep.equal(Array.from({ length: 40 }, (_, step) => 40 - step));
        expect(items.map((item) => item.rev)).to.deep.equal(items.map((item) => item.seq + chat.rev));
        for (const call of outcomes) {
          const mine = call.map(stored).filter((message) => message.chatId === chat.id);
          expect(seqs(mine)).to.deep.equal(seqs(mine).sort((a, b) => a - b));
        }
        expect((await stores.chats.view(chat.id, at(users, 0).id)).chat.rev).to.equal(chat.rev + 40);
        expect(index).to.be.below(3);
      }
    });

    it('lets a refused draft fail alone', async () => {
      const [ada, out] = await people(stores, 2);
      if (!ada || !out) throw new Error('two people');
      const { chat } = await group(stores, [ada]);
      const outcomes = await stores.messages.append([
        draft(chat.id, ada, 'one'),
        draft(chat.id, out, 'not mine'),
        draft(900_000_000_000, ada, 'nowhere', 'k'),
        draft(chat.id, ada, 'two'),
      ]);
      expect([stored(outcomes[0]).seq, stored(outcomes[3]).seq]).to.deep.equal([1, 2]);
      expect([refusal(outcomes[1]), refusal(outcomes[2])]).to.deep.equal(['chat_not_found', 'chat_not_found']);
    });

    it('answers a repeat with the first message, in the batch and later', async () => {
      const [ada, bob] = await people(stores, 2);
      if (!ada || !bob) throw new Error('two people');
      const { chat } = await group(stores, [ada, bob]);
      const other = (await group(stores, [ada])).chat;
      const outcomes = await stores.messages.append([
        draft(chat.id, ada, 'same', 'k'),
        draft(chat.id, ada, 'same', 'k'),
        draft(chat.id, ada, 'different', 'k'),
        draft(chat.id, bob, 'of another', 'k'),
        draft(other.id, ada, 'elsewhere', 'k'),
        draft(chat.id, ada, 'same'),
      ]);
      const first = stored(outcomes[0]);
      expect(outcomes[1]).to.deep.equal({ ok: true, message: first, duplicate: true, event: null });
      expect(refusal(outcomes[2])).to.equal('client_message_id_reused');
      expect([stored(outcomes[3]).seq, stored(outcomes[4]).seq, stored(outcomes[5]).seq]).to.deep.equal([2, 1, 3]);
      const again = await stores.messages.append([draft(chat.id, ada, 'same', 'k'), draft(chat.id, ada, 'x', 'k')]);
      expect(again[0]).to.deep.equal({ ok: true, message: first, duplicate: true, event: null });
      expect(refusal(again[1])).to.equal('client_message_id_reused');
    });

    it('stores one message when the same id is sent many times at once', async () => {
      const [ada] = await people(stores, 1);
      if (!ada) throw new Error('a person');
      const { chat } = await group(stores, [ada]);
      const key = 'ключ-🔑 ';
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          stores.messages.append([draft(chat.id, ada, `filler ${index}`), draft(chat.id, ada, 'once', key)]),
        ),
      );
      const once = answers.map((outcomes) => stored(outcomes[1]));
      expect(new Set(once.map((message) => message.id)).size).to.equal(1);
      expect(answers.filter((outcomes) => outcomes[1]?.ok === true && !outcomes[1].duplicate)).to.have.length(1);
      const { items } = await stores.messages.window(chat.id, ada.id, { kind: 'newest', limit: 100 });
      expect(seqs(items)).to.deep.equal(Array.from({ length: 21 }, (_, step) => 21 - step));
      expect(contents(items).filter((content) => content === 'once')).to.have.length(1);
    });

    it('compares ids by bytes', async () => {
      const [ada] = await people(stores, 1);
      if (!ada) throw new Error('a person');
      const { chat } = await group(stores, [ada]);
      const keys = ['a', 'A', 'a ', 'á', 'a\u0301', '🔑', '🔒'];
      const outcomes = await stores.messages.append(keys.map((key) => draft(chat.id, ada, key, key)));
      expect(seqs(outcomes.map(stored))).to.deep.equal(keys.map((_, index) => index + 1));
      expect(outcomes.map((outcome) => stored(outcome).clientMessageId)).to.deep.equal(keys);
    });

    it('answers a repeat with the message as it stands: edited, then deleted', async () => {
      const [ada] = await people(stores, 1);
      if (!ada) throw new Error('a person');
      const { chat } = await group(stores, [ada]);
      const first = await send(stores, chat.id, ada, 'before', 'k');
      await stores.messages.edit({ messageId: first.id, actorId: ada.id, content: 'after' });
      const [edited] = await stores.messages.append([draft(chat.id, ada, 'before', 'k')]);
      expect(edited).to.deep.include({ ok: true, duplicate: true, event: null });
      expect(stored(edited)).to.include({ id: first.id, content: 'after', version: 2, isEdited: true });
      await stores.messages.remove(first.id, ada.id);
      const repeats = await stores.messages.append([
        draft(chat.id, ada, 'before', 'k'),
        draft(chat.id, ada, 'new', 'k'),
      ]);
      for (const repeat of repeats) {
        expect(repeat).to.deep.include({ ok: true, duplicate: true, event: null });
        expect(stored(repeat)).to.include({ id: first.id, isDeleted: true, content: null, contentStatus: 'ok' });
      }
    });

    it('answers the repeat of someone removed since, and refuses what is new', async () => {
      const [ada, bob] = await people(stores, 2);
      if (!ada || !bob) throw new Error('two people');
      const { chat } = await group(stores, [ada, bob]);
      const first = await send(stores, chat.id, bob, 'said', 'k');
      await stores.chats.removeParticipant(chat.id, ada.id, bob.id, 'remove');
      const outcomes = await stores.messages.append([
        draft(chat.id, bob, 'said', 'k'),
        draft(chat.id, bob, 'more', 'k2'),
        draft(chat.id, bob, 'other', 'k'),
      ]);
      expect(stored(outcomes[0])).to.deep.equal(first);
      expect([refusal(outcomes[1]), refusal(outcomes[2])]).to.deep.equal([
        'chat_not_found',
        'client_message_id_reused',
      ]);
    });

    it('answers the repeat of someone whose account was disabled since, and refuses what is new', async () => {
      const [ada, bob] = await people(stores, 2);
      if (!ada || !bob) throw new Error('two people');
      const { chat } = await group(stores, [ada, bob]);
      const first = await send(stores, chat.id, bob, 'said', 'k');
      await stores.sql.transaction((tx) => tx.run('UPDATE users SET is_active = FALSE WHERE id = ?', [bob.id]));
      const outcomes = await stores.messages.append([
        draft(chat.id, bob, 'said', 'k'),
        draft(chat.id, bob, 'more', 'k2'),
        draft(chat.id, ada, 'others go on', 'k3'),
      ]);
      expect(stored(outcomes[0])).to.deep.equal(first);
      expect(refusal(outcomes[1])).to.equal('not_authenticated');
      expect(stored(outcomes[2]).seq).to.equal(first.seq + 1);
      await stores.sql.transaction((tx) => tx.run('UPDATE users SET is_active = TRUE WHERE id = ?', [bob.id]));
      expect((await send(stores, chat.id, bob, 'more', 'k2')).seq).to.equal(first.seq + 2);
    });

    it('lets nothing be sent after a removal, however they race', async () => {
      for (let round = 0; round < 10; round += 1) {
        const [ada, bob] = await people(stores, 2);
        if (!ada || !bob) throw new Error('two people');
        const { chat } = await group(stores, [ada, bob]);
        const [removal, ...sends] = await Promise.all([
          stores.chats.removeParticipant(chat.id, ada.id, bob.id, 'remove'),
          ...Array.from({ length: 5 }, (_, index) =>
            stores.messages.append([draft(chat.id, bob, `${round}.${index}`)]),
          ),
        ]);
        const rev = at(removal.events, 0).rev;
        const sent = sends.flat().filter((outcome) => outcome.ok);
        for (const outcome of sent) expect(stored(outcome).rev).to.be.below(rev);
        for (const outcome of sends.flat()) if (!outcome.ok) expect(refusal(outcome)).to.equal('chat_not_found');
        expect((await stores.chats.view(chat.id, ada.id)).chat).to.include({ lastSeq: sent.length, rev });
        expect(rev).to.equal(chat.rev + 1 + sent.length);
      }
    });
  });
}
