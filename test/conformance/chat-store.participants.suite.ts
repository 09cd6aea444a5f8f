import { expect } from 'chai';
import {
  at,
  expectCode,
  group,
  nextMillisecond,
  people,
  send,
  type ChatStores,
  type OpenStores,
} from './chat-store.fixtures.js';

/** Adding, removing, leaving, admin rights and the succession of admins. */
export function chatParticipantsSuite(open: OpenStores): void {
  describe('chat store: participants', () => {
    let stores: ChatStores;
    before(async () => {
      stores = await open();
    });
    after(() => stores.close());

    const ids = async (chatId: number, readerId: number): Promise<number[]> =>
      (await stores.chats.view(chatId, readerId)).participants.map((participant) => participant.userId);

    it('adds each with a rev and an event of its own', async () => {
      const users = await people(stores, 4);
      const { chat } = await group(stores, users.slice(0, 2));
      const wanted = [at(users, 1).id, at(users, 2).id, at(users, 3).id];
      const change = await stores.chats.addParticipants(chat.id, at(users, 0).id, wanted);
      expect(change.result).to.deep.equal(wanted.slice(1));
      expect(change.events.map((event) => [event.type, event.rev])).to.deep.equal([
        ['participant_added', chat.rev + 1],
        ['participant_added', chat.rev + 2],
      ]);
      const first = at(change.events, 0);
      if (first.type !== 'participant_added') throw new Error('participant_added');
      expect(first.by).to.equal(at(users, 0).id);
      expect(first.participant).to.include({
        userId: at(users, 2).id,
        username: at(users, 2).username,
        isAdmin: false,
      });
      expect((await stores.chats.view(chat.id, at(users, 3).id)).chat.rev).to.equal(chat.rev + 2);
      const again = await stores.chats.addParticipants(chat.id, at(users, 0).id, wanted);
      expect([again.result, again.events]).to.deep.equal([[], []]);
    });

    it('adds all or none', async () => {
      const users = await people(stores, 2);
      const { chat } = await group(stores, users.slice(0, 1));
      const work = stores.chats.addParticipants(chat.id, at(users, 0).id, [at(users, 1).id, 900_000_000_000]);
      await expectCode(work, 'unknown_participants');
      expect(await ids(chat.id, at(users, 0).id)).to.deep.equal([at(users, 0).id]);
    });

    it('leaves the administration to admins, and direct chats alone', async () => {
      const [ada, bob, eve, out] = await people(stores, 4);
      if (!ada || !bob || !eve || !out) throw new Error('four people');
      const { chat } = await group(stores, [ada, bob, eve]);
      const { chats } = stores;
      await expectCode(chats.addParticipants(chat.id, bob.id, [out.id]), 'admin_required');
      await expectCode(chats.removeParticipant(chat.id, bob.id, eve.id, 'remove'), 'admin_required');
      await expectCode(chats.setAdmin(chat.id, bob.id, bob.id, true), 'admin_required');
      await expectCode(chats.rename(chat.id, bob.id, 'Mine'), 'admin_required');
      await expectCode(chats.rename(chat.id, out.id, 'Mine'), 'chat_not_found');
      await expectCode(chats.removeParticipant(chat.id, ada.id, out.id, 'remove'), 'participant_not_found');
      await expectCode(chats.setAdmin(chat.id, ada.id, out.id, true), 'participant_not_found');
      await expectCode(chats.removeParticipant(chat.id, out.id, out.id, 'leave'), 'chat_not_found');
      const direct = (await chats.openDirect(ada.id, bob.id)).view.chat;
      await expectCode(chats.addParticipants(direct.id, ada.id, [eve.id]), 'group_only');
      await expectCode(chats.removeParticipant(direct.id, ada.id, bob.id, 'remove'), 'group_only');
      await expectCode(chats.rename(direct.id, ada.id, 'Ours'), 'group_only');
      await expectCode(chats.setAdmin(direct.id, ada.id, bob.id, true), 'group_only');
      expect((await chats.view(chat.id, ada.id)).chat.rev).to.equal(chat.rev);
      expect((await chats.view(direct.id, ada.id)).chat.rev).to.equal(direct.rev);
    });

    it('removes, and takes a rejoiner back as a newcomer who has read everything', async () => {
      const [ada, bob] = await people(stores, 2);
      if (!ada || !bob) throw new Error('two people');
      const { chat } = await group(stores, [ada, bob]);
      await stores.chats.setAdmin(chat.id, ada.id, bob.id, true);
      const removal = await stores.chats.removeParticipant(chat.id, ada.id, bob.id, 'remove');
      expect(removal.events).to.have.length(1);
      expect(at(removal.events, 0)).to.include({
        type: 'participant_removed',
        userId: bob.id,
        by: ada.id,
        rev: chat.rev + 2,
      });
      await expectCode(stores.chats.view(chat.id, bob.id), 'chat_not_found');
      expect(await stores.chats.membership(chat.id, bob.id)).to.equal(null);
      await send(stores, chat.id, ada, 'while away');
      await stores.chats.addParticipants(chat.id, ada.id, [bob.id]);
      expect(await stores.chats.membership(chat.id, bob.id)).to.include({ lastSeq: 1 });
      const back = (await stores.chats.view(chat.id, bob.id)).participants.find(({ userId }) => userId === bob.id);
      expect(back).to.include({ isAdmin: false, lastReadSeq: 1, leftAt: null });
      expect(at((await stores.messages.window(chat.id, bob.id, { kind: 'newest', limit: 5 })).items, 0).seq).to.equal(
        1,
      );
      expect((await ids(chat.id, ada.id)).at(-1)).to.equal(bob.id);
    });

    it('hands admin rights to the longest-standing when the last admin leaves', async () => {
      const [ada, bob, eve] = await people(stores, 3);
      if (!ada || !bob || !eve) throw new Error('three people');
      const { chat } = await group(stores, [ada]);
      await stores.chats.addParticipants(chat.id, ada.id, [eve.id]);
      await nextMillisecond();
      await stores.chats.addParticipants(chat.id, ada.id, [bob.id]);
      const { events } = await stores.chats.removeParticipant(chat.id, ada.id, ada.id, 'leave');
      expect(events.map((event) => [event.type, event.rev])).to.deep.equal([
        ['participant_removed', chat.rev + 3],
        ['participant_updated', chat.rev + 4],
      ]);
      const heir = at(events, 1);
      if (heir.type !== 'participant_updated') throw new Error('participant_updated');
      expect(heir.participant).to.include({ userId: eve.id, isAdmin: true, rev: chat.rev + 4 });
      const { participants } = await stores.chats.view(chat.id, eve.id);
      expect(participants.find(({ userId }) => userId === eve.id)?.isAdmin).to.equal(true);
      await expectCode(stores.chats.setAdmin(chat.id, eve.id, eve.id, false), 'last_admin');
    });

    it('ends a group that everyone has left', async () => {
      const [ada] = await people(stores, 1);
      if (!ada) throw new Error('a person');
      const { chat } = await group(stores, [ada]);
      await stores.chats.removeParticipant(chat.id, ada.id, ada.id, 'leave');
      await expectCode(stores.chats.view(chat.id, ada.id), 'chat_not_found');
      await expectCode(stores.chats.removeParticipant(chat.id, ada.id, ada.id, 'leave'), 'chat_not_found');
      expect((await stores.chats.list(ada.id, { offset: 0, limit: 10 })).items).to.deep.equal([]);
    });

    it('never leaves a group without an admin when its last two admins go at once', async () => {
      for (let round = 0; round < 10; round += 1) {
        const [ada, bob, eve] = await people(stores, 3);
        if (!ada || !bob || !eve) throw new Error('three people');
        const { chat } = await group(stores, [ada, bob, eve]);
        await stores.chats.setAdmin(chat.id, ada.id, bob.id, true);
        await Promise.all([ada, bob].map((user) => stores.chats.removeParticipant(chat.id, user.id, user.id, 'leave')));
        const rest = await stores.chats.view(chat.id, eve.id);
        expect(rest.participants.map((p) => [p.userId, p.isAdmin])).to.deep.equal([[eve.id, true]]);
        expect(rest.chat.rev).to.equal(chat.rev + 4);
      }
    });

    it('lets one of two admins demote the other, never both', async () => {
      const [ada, bob] = await people(stores, 2);
      if (!ada || !bob) throw new Error('two people');
      const { chat } = await group(stores, [ada, bob]);
      await stores.chats.setAdmin(chat.id, ada.id, bob.id, true);
      const outcomes = await Promise.allSettled([
        stores.chats.setAdmin(chat.id, ada.id, bob.id, false),
        stores.chats.setAdmin(chat.id, bob.id, ada.id, false),
      ]);
      expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).to.have.length(1);
      const { participants } = await stores.chats.view(chat.id, ada.id);
      expect(participants.filter((participant) => participant.isAdmin)).to.have.length(1);
    });

    it('sets admin rights with one event, and none when nothing changes', async () => {
      const [ada, bob] = await people(stores, 2);
      if (!ada || !bob) throw new Error('two people');
      const { chat } = await group(stores, [ada, bob]);
      const change = await stores.chats.setAdmin(chat.id, ada.id, bob.id, true);
      expect(change.result).to.include({ userId: bob.id, isAdmin: true, rev: chat.rev + 1 });
      expect(change.events).to.have.length(1);
      const same = await stores.chats.setAdmin(chat.id, ada.id, bob.id, true);
      expect(same.result).to.deep.equal(change.result);
      expect(same.events).to.deep.equal([]);
    });

    it('renames with one event and moves updated_at', async () => {
      const [ada] = await people(stores, 1);
      if (!ada) throw new Error('a person');
      const { chat } = await group(stores, [ada]);
      const { result, events } = await stores.chats.rename(chat.id, ada.id, 'Grüße 👋');
      expect(result.chat).to.include({ name: 'Grüße 👋', rev: chat.rev + 1 });
      expect(result.chat.updatedAt.getTime()).to.be.at.least(chat.updatedAt.getTime());
      expect(events).to.have.length(1);
      expect(at(events, 0)).to.deep.include({ type: 'chat_updated', name: 'Grüße 👋', rev: chat.rev + 1 });
      expect(await stores.chats.view(chat.id, ada.id)).to.deep.equal(result);
    });
  });
}
