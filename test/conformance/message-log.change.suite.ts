import { expect } from 'chai';
import type { Message } from '../../src/domain/message.js';
import { at, expectCode, group, people, send, seqs, type ChatStores, type OpenStores } from './chat-store.fixtures.js';

/** Long after every grace: what is filed by then is everything. */
const FAR_FUTURE = new Date('2999-01-01T00:00:00.000Z');

/** Editing and deleting. */
export function messageChangeSuite(open: OpenStores): void {
  describe('message log: edit and remove', () => {
    let stores: ChatStores;
    before(async () => {
      stores = await open();
    });
    after(() => stores.close());

    const filed = async (chatId: number, now: Date) =>
      (await stores.oldBodies.due(now, 100_000)).filter((entry) => entry.chatId === chatId);
    const soon = (): Date => new Date(Date.now() + 60_000);

    it('edits with a new version, rev and event, and files the old body for later', async () => {
      const [ada, bob] = await people(stores, 2);
      if (!ada || !bob) throw new Error('two people');
      const { chat } = await group(stores, [ada, bob]);
      const first = await send(stores, chat.id, ada, 'one', 'k');
      const { result, events } = await stores.messages.edit({ messageId: first.id, actorId: ada.id, content: 'two' });
      expect(result).to.deep.include({
        ...first,
        content: 'two',
        version: 2,
        rev: chat.rev + 2,
        isEdited: true,
        editedAt: result.editedAt,
      });
      expect(result.editedAt).to.be.instanceOf(Date);
      expect(events).to.have.length(1);
      expect(at(events, 0)).to.deep.include({ type: 'message_updated', rev: chat.rev + 2, message: result });
      expect(await stores.messages.find(first.id, bob.id)).to.deep.equal(result);
      expect(await filed(chat.id, soon())).to.deep.equal([]);
      const later = await filed(chat.id, new Date(Date.now() + 25 * 3_600_000));
      expect(later.map((entry) => entry.reason)).to.deep.equal(['superseded']);
      const kept = await stores.bodies.find(later.map((entry) => entry.bodyId));
      expect([...kept.values()]).to.deep.equal([{ content: 'one', intact: true }]);
    });

    it('takes content equal to the present one as done', async () => {
      const [ada] = await people(stores, 1);
      if (!ada) throw new Error('a person');
      const { chat } = await group(stores, [ada]);
      const first = await send(stores, chat.id, ada, 'one');
      const same = await stores.messages.edit({ messageId: first.id, actorId: ada.id, content: 'one' });
      expect(same).to.deep.equal({ result: first, events: [] });
      expect((await stores.chats.view(chat.id, ada.id)).chat.rev).to.equal(chat.rev + 1);
      const stale = { messageId: first.id, actorId: ada.id, content: 'one', expectedVersion: 7 };
      await expectCode(stores.messages.edit(stale), 'version_conflict');
    });

    it('lets only the sender edit, and sender or group admin delete', async () => {
      const [ada, bob, eve, out] = await people(stores, 4);
      if (!ada || !bob || !eve || !out) throw new Error('four people');
      const { chat } = await group(stores, [ada, bob, eve]);
      const bobs = await send(stores, chat.id, bob, "bob's");
      const { messages } = stores;
      const edit = (actorId: number) => messages.edit({ messageId: bobs.id, actorId, content: 'changed' });
      await expectCode(edit(ada.id), 'sender_required');
      await expectCode(edit(out.id), 'message_not_found');
      await expectCode(messages.remove(bobs.id, eve.id), 'delete_forbidden');
      await expectCode(messages.remove(bobs.id, out.id), 'message_not_found');
      await expectCode(messages.find(bobs.id, out.id), 'message_not_found');
      await expectCode(
        messages.edit({ messageId: 900_000_000_000, actorId: ada.id, content: 'x' }),
        'message_not_found',
      );
      await expectCode(messages.remove(900_000_000_000, ada.id), 'message_not_found');
      expect((await messages.remove(bobs.id, ada.id)).events).to.have.length(1);
      const direct = (await stores.chats.openDirect(ada.id, bob.id)).view.chat;
      const inDirect = await send(stores, direct.id, ada, 'mine');
      await expectCode(messages.remove(inDirect.id, bob.id), 'delete_forbidden');
    });

    it('lets one of many edits that expect the same version win', async () => {
      const [ada] = await people(stores, 1);
      if (!ada) throw new Error('a person');
      const { chat } = await group(stores, [ada]);
      const first = await send(stores, chat.id, ada, 'v1');
      const edits = await Promise.allSettled(
        Array.from({ length: 6 }, (_, index) =>
          stores.messages.edit({ messageId: first.id, actorId: ada.id, content: `by ${index}`, expectedVersion: 1 }),
        ),
      );
      const won = edits.filter((edit) => edit.status === 'fulfilled');
      expect(won).to.have.length(1);
      const now = await stores.messages.find(first.id, ada.id);
      expect(now).to.deep.equal(won[0]?.value.result);
      expect(now.version).to.equal(2);
    });

    it('gives every concurrent edit a version and a rev of its own, and one content to readers', async () => {
      const [ada] = await people(stores, 1);
      if (!ada) throw new Error('a person');
      const { chat } = await group(stores, [ada]);
      const first = await send(stores, chat.id, ada, 'v1');
      const edits = await Promise.all(
        Array.from({ length: 6 }, (_, index) =>
          stores.messages.edit({ messageId: first.id, actorId: ada.id, content: `by ${index}` }),
        ),
      );
      const results = edits.map((edit) => edit.result).sort((a, b) => a.version - b.version);
      expect(results.map((message) => message.version)).to.deep.equal([2, 3, 4, 5, 6, 7]);
      expect(results.map((message) => message.rev)).to.deep.equal([2, 3, 4, 5, 6, 7].map((step) => chat.rev + step));
      expect(await stores.messages.find(first.id, ada.id)).to.deep.equal(results[5]);
      expect(await filed(chat.id, FAR_FUTURE)).to.have.length(6);
    });

    it('hides a deleted message at once and files all its bodies as due', async () => {
      const [ada, bob] = await people(stores, 2);
      if (!ada || !bob) throw new Error('two people');
      const { chat } = await group(stores, [ada, bob]);
      const kept = await send(stores, chat.id, bob, 'stays');
      const gone = await send(stores, chat.id, bob, 'one', 'k');
      await stores.messages.edit({ messageId: gone.id, actorId: bob.id, content: 'two' });
      const { events } = await stores.messages.remove(gone.id, ada.id);
      expect(events).to.have.length(1);
      expect(at(events, 0)).to.deep.include({
        type: 'message_deleted',
        messageId: gone.id,
        seq: 2,
        deletedBy: ada.id,
        rev: chat.rev + 4,
      });
      await expectCode(stores.messages.find(gone.id, bob.id), 'message_not_found');
      await expectCode(stores.messages.remove(gone.id, bob.id), 'message_not_found');
      await expectCode(
        stores.messages.edit({ messageId: gone.id, actorId: bob.id, content: 'three' }),
        'message_not_found',
      );
      const page = await stores.messages.page(chat.id, bob.id, { offset: 0, limit: 10 });
      expect(page).to.deep.equal({ items: [kept], total: 1 });
      const due = await filed(chat.id, soon());
      expect(due.map((entry) => entry.reason)).to.deep.equal(['deleted', 'deleted']);
      const found = await stores.bodies.find(due.map((entry) => entry.bodyId));
      expect([...found.values()].map((body) => body.content)).to.have.members(['one', 'two']);
      expect((await send(stores, chat.id, bob, 'next')).seq).to.equal(3);
    });

    it('keeps totals and the last visible message right when deletions and sends race', async () => {
      const [ada] = await people(stores, 1);
      if (!ada) throw new Error('a person');
      const { chat } = await group(stores, [ada]);
      const sent: Message[] = [];
      for (let index = 0; index < 8; index += 1) sent.push(await send(stores, chat.id, ada, `m${index}`));
      const gone = [7, 2, 6, 5];
      await Promise.all([
        ...gone.map((index) => stores.messages.remove(at(sent, index).id, ada.id)),
        expectOneRemoval(stores, at(sent, 4).id, ada.id),
      ]);
      const { items, total } = await stores.messages.page(chat.id, ada.id, { offset: 0, limit: 100 });
      expect(seqs(items)).to.deep.equal([4, 2, 1]);
      expect(total).to.equal(3);
      const entry = at((await stores.chats.list(ada.id, { offset: 0, limit: 10 })).items, 0);
      expect(entry.lastMessage?.content).to.equal('m3');
      expect(entry.chat.rev).to.equal(chat.rev + 8 + 5);
    });
  });
}

/** Two deletions of one message at once: one does it, the other finds nothing. */
async function expectOneRemoval(stores: ChatStores, messageId: number, actorId: number): Promise<void> {
  const both = await Promise.allSettled([1, 2].map(() => stores.messages.remove(messageId, actorId)));
  expect(both.map((outcome) => outcome.status).sort()).to.deep.equal(['fulfilled', 'rejected']);
}
