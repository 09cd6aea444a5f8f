import { expect } from 'chai';
import { at, expectCode, group, people, send, type ChatStores, type OpenStores } from './chat-store.fixtures.js';

/** Creating groups, direct chats and the view of them. */
export function chatCreationSuite(open: OpenStores): void {
  describe('chat store: creating and viewing', () => {
    let stores: ChatStores;
    before(async () => {
      stores = await open();
    });
    after(() => stores.close());

    it('creates a group with its creator as the only admin', async () => {
      const [ada, bob, eve] = await people(stores, 3);
      if (!ada || !bob || !eve) throw new Error('three people');
      const view = await stores.chats.createGroup({ name: 'Team', creatorId: ada.id, memberIds: [eve.id, bob.id] });
      expect(view.chat).to.include({ name: 'Team', type: 'group', isActive: true, lastSeq: 0 });
      expect(view.chat.rev).to.be.at.least(1);
      const admins = view.participants.filter((participant) => participant.isAdmin);
      expect(admins.map((participant) => participant.userId)).to.deep.equal([ada.id]);
      expect(view.participants.map((participant) => participant.userId)).to.have.members([ada.id, bob.id, eve.id]);
      expect(view.users.map((user) => user.id)).to.deep.equal(
        view.participants.map((participant) => participant.userId),
      );
      const seen = await stores.chats.view(view.chat.id, bob.id);
      expect(seen).to.deep.equal(view);
    });

    it('refuses unknown members and creates nothing', async () => {
      const [ada, bob] = await people(stores, 2);
      if (!ada || !bob) throw new Error('two people');
      const draft = { name: null, creatorId: ada.id, memberIds: [bob.id, 900_000_000_000] };
      await expectCode(stores.chats.createGroup(draft), 'unknown_participants');
      expect((await stores.chats.list(ada.id, { offset: 0, limit: 10 })).total).to.equal(0);
      expect((await stores.chats.list(bob.id, { offset: 0, limit: 10 })).total).to.equal(0);
    });

    it('holds 100 with the creator and refuses 101', async () => {
      const crowd = await people(stores, 101);
      const ids = crowd.slice(1).map((user) => user.id);
      const creatorId = at(crowd, 0).id;
      await expectCode(stores.chats.createGroup({ name: null, creatorId, memberIds: ids }), 'group_full');
      const full = await stores.chats.createGroup({ name: null, creatorId, memberIds: ids.slice(0, 99) });
      expect(full.participants).to.have.length(100);
      await expectCode(stores.chats.addParticipants(full.chat.id, creatorId, [at(ids, 99)]), 'group_full');
      expect((await stores.chats.view(full.chat.id, creatorId)).chat.rev).to.equal(full.chat.rev);
    });

    it('answers a chat of others exactly like one that does not exist', async () => {
      const [ada, bob] = await people(stores, 2);
      if (!ada || !bob) throw new Error('two people');
      const { chat } = await group(stores, [ada]);
      await expectCode(stores.chats.view(chat.id, bob.id), 'chat_not_found');
      await expectCode(stores.chats.view(900_000_000_000, bob.id), 'chat_not_found');
      expect(await stores.chats.membership(chat.id, bob.id)).to.equal(null);
      expect(await stores.chats.membership(900_000_000_000, ada.id)).to.equal(null);
      expect(await stores.chats.membership(chat.id, ada.id)).to.deep.equal({ rev: chat.rev, lastSeq: 0 });
      const [mine] = (await stores.chats.view(chat.id, ada.id)).participants;
      expect(mine).to.include({ userId: ada.id, username: ada.username, isAdmin: true, leftAt: null });
    });

    it('opens one direct chat per pair, whoever asks', async () => {
      const [ada, bob] = await people(stores, 2);
      if (!ada || !bob) throw new Error('two people');
      const first = await stores.chats.openDirect(ada.id, bob.id);
      const again = await stores.chats.openDirect(bob.id, ada.id);
      expect([first.created, again.created]).to.deep.equal([true, false]);
      expect(again.view).to.deep.equal(first.view);
      expect(first.view.chat).to.include({ type: 'direct', name: null });
      expect(first.view.participants.map((p) => p.userId)).to.have.members([ada.id, bob.id]);
      await expectCode(stores.chats.openDirect(ada.id, 900_000_000_000), 'unknown_participants');
    });

    it('makes one direct chat when both create it at once', async () => {
      for (let round = 0; round < 5; round += 1) {
        const [ada, bob] = await people(stores, 2);
        if (!ada || !bob) throw new Error('two people');
        const answers = await Promise.all(
          Array.from({ length: 8 }, (_, index) =>
            index % 2 === 0 ? stores.chats.openDirect(ada.id, bob.id) : stores.chats.openDirect(bob.id, ada.id),
          ),
        );
        expect(new Set(answers.map((answer) => answer.view.chat.id)).size).to.equal(1);
        expect(answers.filter((answer) => answer.created)).to.have.length(1);
        for (const user of [ada, bob]) {
          expect((await stores.chats.list(user.id, { offset: 0, limit: 10 })).total).to.equal(1);
        }
      }
    });

    it('hides a direct chat from the leaver alone until it is wanted again', async () => {
      const [ada, bob] = await people(stores, 2);
      if (!ada || !bob) throw new Error('two people');
      const listed = async (userId: number): Promise<number> =>
        (await stores.chats.list(userId, { offset: 0, limit: 10 })).total;
      const { view } = await stores.chats.openDirect(ada.id, bob.id);
      await send(stores, view.chat.id, bob, 'hello');
      for (let round = 0; round < 2; round += 1) {
        const change = await stores.chats.removeParticipant(view.chat.id, ada.id, ada.id, 'leave');
        expect(change.events).to.deep.equal([]);
      }
      expect([await listed(ada.id), await listed(bob.id)]).to.deep.equal([0, 1]);
      const hidden = await stores.chats.view(view.chat.id, ada.id);
      expect(hidden.participants).to.have.length(2);
      expect(hidden.chat.rev).to.equal(view.chat.rev + 1);
      await send(stores, view.chat.id, bob, 'still there?');
      expect(await listed(ada.id)).to.equal(1);
      await stores.chats.removeParticipant(view.chat.id, ada.id, ada.id, 'leave');
      expect(await stores.chats.openDirect(bob.id, ada.id)).to.include({ created: false, unhidden: false });
      expect(await listed(ada.id)).to.equal(0);
      expect(await stores.chats.openDirect(ada.id, bob.id)).to.include({ created: false, unhidden: true });
      expect(await listed(ada.id)).to.equal(1);
      expect(await stores.chats.openDirect(ada.id, bob.id)).to.include({ created: false, unhidden: false });
    });
  });
}
