import { expect } from 'chai';
import { eq } from 'drizzle-orm';
import { at, draft, group, people, send, type ChatStores, type OpenStores } from './chat-store.fixtures.js';
import { deltaOf, told } from './change-log.fixtures.js';

/** What a delta tells of a chat's objects. */
export function changeLogDeltaSuite(open: OpenStores): void {
  describe('change log: the delta', () => {
    let stores: ChatStores;
    let hook: (sql: string) => void | Promise<void> = () => undefined;
    before(async () => {
      stores = await open({ onStatement: (sql) => hook(sql) });
    });
    afterEach(() => {
      hook = () => undefined;
    });
    after(() => stores.close());

    it('tells a newcomer everything: founders, the chat itself and every message', async () => {
      const [ada, bob] = await people(stores, 2);
      if (!ada || !bob) throw new Error('two people');
      const { chat } = await group(stores, [ada, bob]);
      const first = await send(stores, chat.id, ada, 'one', 'k');
      const { rev, events } = await deltaOf(stores, chat.id, bob, 0);
      expect(rev).to.equal(first.rev);
      expect(told(events)).to.have.deep.members([
        ['participant_added', 1],
        ['participant_added', 1],
        ['chat_updated', 1],
        ['new_message', 2],
      ]);
      expect(at(events, 0)).to.deep.equal({
        type: 'new_message',
        chatId: chat.id,
        rev: 2,
        at: first.timestamp,
        message: first,
      });
      expect(await deltaOf(stores, chat.id, bob, rev)).to.deep.include({ rev, events: [] });
    });

    it('tells when a message was deleted, also when the file has forgotten its body', async () => {
      const [ada] = await people(stores, 1);
      if (!ada) throw new Error('a person');
      const { chat } = await group(stores, [ada]);
      const { id, rev } = await send(stores, chat.id, ada, 'brief');
      const { events: removed } = await stores.messages.remove(id, ada.id);
      const { oldBodies } = stores.sql.tables;
      await stores.sql.transaction((tx) => tx.db.delete(oldBodies).where(eq(oldBodies.chatId, chat.id)));
      expect((await deltaOf(stores, chat.id, ada, rev)).events).to.deep.equal(removed);
    });

    it('tells each object once, as it is now', async () => {
      const [ada, bob, eve, out] = await people(stores, 4);
      if (!ada || !bob || !eve || !out) throw new Error('four people');
      const { chat } = await group(stores, [ada, bob, eve]);
      const doomed = await send(stores, chat.id, bob, 'doomed');
      const old = await send(stores, chat.id, ada, 'old');
      const since = old.rev;
      const { chats, messages } = stores;
      const young = await send(stores, chat.id, ada, 'young');
      const brief = await send(stores, chat.id, ada, 'brief');
      await messages.edit({ messageId: young.id, actorId: ada.id, content: 'young, edited' });
      await messages.edit({ messageId: old.id, actorId: ada.id, content: 'old, edited' });
      await messages.edit({ messageId: old.id, actorId: ada.id, content: 'old, edited again' });
      await messages.remove(doomed.id, ada.id);
      await messages.remove(brief.id, ada.id);
      await chats.rename(chat.id, ada.id, 'Renamed');
      await chats.setAdmin(chat.id, ada.id, bob.id, true);
      await chats.addParticipants(chat.id, bob.id, [out.id]);
      const { events: removed } = await chats.removeParticipant(chat.id, ada.id, eve.id, 'remove');

      const { rev, events } = await deltaOf(stores, chat.id, bob, since);
      expect(rev).to.equal(at(removed, 0).rev);
      expect(told(events)).to.deep.equal([
        ['participant_removed', since + 11],
        ['new_message', since + 3],
        ['message_updated', since + 5],
        ['message_deleted', since + 6],
        ['message_deleted', since + 7],
        ['chat_updated', since + 8],
        ['participant_updated', since + 9],
        ['participant_added', since + 10],
      ]);
      const [removal, fresh, edited, , second, renamed, promoted, added] = events;
      expect(removal).to.deep.include({ userId: eve.id, by: ada.id, at: at(removed, 0).at });
      if (fresh?.type !== 'new_message' || edited?.type !== 'message_updated') throw new Error('two messages');
      expect(fresh.message).to.deep.equal(await messages.find(young.id, ada.id));
      expect(fresh.message.content).to.equal('young, edited');
      expect(edited.message).to.deep.equal(await messages.find(old.id, ada.id));
      expect(edited.message).to.deep.include({ content: 'old, edited again', version: 3 });
      expect(second).to.deep.include({ messageId: brief.id, seq: brief.seq, deletedBy: ada.id });
      expect(second).not.to.have.property('message');
      expect(renamed).to.deep.include({ name: 'Renamed' });
      expect(promoted).to.deep.include({ by: ada.id }).and.to.have.nested.property('participant.isAdmin', true);
      expect(added).to.deep.include({ by: bob.id }).and.to.have.nested.property('participant.userId', out.id);
    });

    it('tells who comes back as added, and who came and went as removed', async () => {
      const [ada, bob, eve] = await people(stores, 3);
      if (!ada || !bob || !eve) throw new Error('three people');
      const { chat } = await group(stores, [ada, bob]);
      const { chats } = stores;
      await chats.removeParticipant(chat.id, bob.id, bob.id, 'leave');
      const { rev: since } = (await chats.view(chat.id, ada.id)).chat;
      await chats.addParticipants(chat.id, ada.id, [bob.id]);
      await chats.setAdmin(chat.id, ada.id, bob.id, true);
      await chats.addParticipants(chat.id, ada.id, [eve.id]);
      await chats.removeParticipant(chat.id, eve.id, eve.id, 'leave');
      expect(told((await deltaOf(stores, chat.id, ada, since)).events)).to.deep.equal([
        ['participant_removed', since + 4],
        ['participant_added', since + 2],
      ]);
      const later = await deltaOf(stores, chat.id, ada, since + 1);
      expect(told(later.events)).to.deep.include(['participant_updated', since + 2]);
    });

    it('gives every rev to an object that tells of it, whatever the change', async () => {
      const [ada, bob, eve] = await people(stores, 3);
      if (!ada || !bob || !eve) throw new Error('three people');
      const { chat } = await group(stores, [ada, bob]);
      const { chats, messages, inspection } = stores;
      const own = await send(stores, chat.id, ada, 'one');
      const changes: readonly (() => Promise<unknown>)[] = [
        () => messages.append([draft(chat.id, bob, 'two'), draft(chat.id, ada, 'three')]),
        () => messages.edit({ messageId: own.id, actorId: ada.id, content: 'edited' }),
        () => messages.remove(own.id, ada.id),
        () => chats.rename(chat.id, ada.id, 'renamed'),
        () => chats.addParticipants(chat.id, ada.id, [eve.id]),
        () => chats.setAdmin(chat.id, ada.id, eve.id, true),
        () => chats.setAdmin(chat.id, ada.id, eve.id, false),
        () => chats.removeParticipant(chat.id, ada.id, eve.id, 'remove'),
        () => chats.addParticipants(chat.id, ada.id, [eve.id]),
        () => chats.removeParticipant(chat.id, ada.id, ada.id, 'leave'),
        () => chats.removeParticipant(chat.id, eve.id, eve.id, 'leave'),
      ];
      let { rev } = own;
      for (const change of changes) {
        await change();
        const { row, counted } = at(await inspection.chats(chat.id - 1, 1), 0);
        expect(row.rev, String(change)).to.be.above(rev);
        expect(counted, String(change)).to.include({ rev: row.rev, untold: 0 });
        const { events } = await deltaOf(stores, chat.id, bob, row.rev - 1);
        expect(
          events.map((event) => event.rev),
          String(change),
        ).to.deep.equal([row.rev]);
        ({ rev } = row);
      }
      await chats.removeParticipant(chat.id, bob.id, bob.id, 'leave');
      const { row, counted } = at(await inspection.chats(chat.id - 1, 1), 0);
      expect([row.rev, counted.rev]).to.deep.equal([rev + 1, rev + 1]);
    });

    it('names the heir of a last admin who leaves', async () => {
      const [ada, bob] = await people(stores, 2);
      if (!ada || !bob) throw new Error('two people');
      const { chat } = await group(stores, [ada, bob]);
      const { events } = await stores.chats.removeParticipant(chat.id, ada.id, ada.id, 'leave');
      expect(told((await deltaOf(stores, chat.id, bob, chat.rev)).events)).to.deep.equal(told(events));
    });

    it('reads rev, rows and state as of one moment', async () => {
      const [ada, bob] = await people(stores, 2);
      if (!ada || !bob) throw new Error('two people');
      const { chat } = await group(stores, [ada, bob]);
      await send(stores, chat.id, ada, 'one');
      // A message is committed before each statement of the read but the first.
      let statements = 0;
      let writing = false;
      hook = async (sql) => {
        if (writing || !/^\s*SELECT/i.test(sql)) return;
        statements += 1;
        if (statements === 1) return;
        writing = true;
        await send(stores, chat.id, ada, `beside ${statements}`);
        writing = false;
      };
      const seen = await deltaOf(stores, chat.id, bob, chat.rev);
      hook = () => undefined;
      expect(statements).to.be.greaterThan(2);
      expect(seen).to.deep.include({ rev: chat.rev + 1, lastSeq: 1, unreadCount: 1 });
      expect(told(seen.events)).to.deep.equal([['new_message', chat.rev + 1]]);
      const next = await deltaOf(stores, chat.id, bob, seen.rev);
      expect(next.events.map((event) => event.rev)).to.deep.equal(
        Array.from({ length: next.rev - seen.rev }, (_, index) => seen.rev + 1 + index),
      );
    });

    it('accounts for a message that is deleted and erased between the snapshot and the read of its body', async () => {
      const [ada, bob] = await people(stores, 2);
      if (!ada || !bob) throw new Error('two people');
      const { chat } = await group(stores, [ada, bob]);
      const kept = await send(stores, chat.id, bob, 'kept');
      const doomed = await send(stores, chat.id, bob, 'doomed');
      const { bodies } = stores;
      const find = bodies.find.bind(bodies);
      Object.assign(bodies, {
        async find(ids: readonly Uint8Array[]) {
          Object.assign(bodies, { find });
          await stores.messages.remove(doomed.id, ada.id);
          const due = await stores.oldBodies.due(new Date(Date.now() + 60_000), 1_000);
          await bodies.delete(due.filter((entry) => entry.chatId === chat.id).map((entry) => entry.bodyId));
          return find(ids);
        },
      });
      try {
        const { rev, events } = await deltaOf(stores, chat.id, ada, chat.rev);
        expect(rev).to.equal(doomed.rev);
        expect(told(events)).to.deep.equal([
          ['new_message', kept.rev],
          ['message_deleted', doomed.rev],
        ]);
        expect(events[1]).to.deep.include({ seq: doomed.seq, messageId: doomed.id, deletedBy: ada.id });
      } finally {
        Object.assign(bodies, { find });
      }
    });

    it('tells a message whose body is lost, and the others as ever', async () => {
      const [ada] = await people(stores, 1);
      if (!ada) throw new Error('a person');
      const { chat } = await group(stores, [ada]);
      const lost = await send(stores, chat.id, ada, 'lost');
      await send(stores, chat.id, ada, 'kept');
      await stores.messages.remove((await send(stores, chat.id, ada, 'gone')).id, ada.id);
      const ids: Uint8Array[] = [];
      const { bodies } = stores;
      const find = bodies.find.bind(bodies);
      Object.assign(bodies, { find: (wanted: readonly Uint8Array[]) => (ids.push(...wanted), find(wanted)) });
      await stores.messages.find(lost.id, ada.id);
      Object.assign(bodies, { find });
      await bodies.delete(ids);
      const { events } = await deltaOf(stores, chat.id, ada, chat.rev);
      const messages = events.flatMap((event) => (event.type === 'new_message' ? [event.message] : []));
      expect(messages.map(({ seq, content, contentStatus }) => [seq, content, contentStatus])).to.deep.equal([
        [1, null, 'unavailable'],
        [2, 'kept', 'ok'],
      ]);
    });
  });
}
