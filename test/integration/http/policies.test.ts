import { expect } from 'chai';
import type { ChatResource, ParticipantResource } from '../../../src/protocol/resources.js';
import type { TestUser } from '../../helpers/client.js';
import { startWorld, type World } from './world.js';

describe('what participants may do', () => {
  let world: World;
  before(async () => {
    world = await startWorld();
  });
  after(() => world.app.stop());

  /** Alice (admin), then the others. */
  async function freshGroup(): Promise<ChatResource> {
    return world.client.createGroup(world.alice, [world.bob, world.carol]);
  }
  async function participants(chat: ChatResource, user: TestUser): Promise<ParticipantResource[]> {
    return (await world.client.as(user).get<ParticipantResource[]>(`/chats/${chat.id}/participants`)).body;
  }
  async function admins(chat: ChatResource, user: TestUser): Promise<number[]> {
    return (await participants(chat, user)).filter((one) => one.is_admin).map((one) => one.user_id);
  }

  it('keeps a group in the hands of its admins', async () => {
    const { client, bob, carol, mallory, alice } = world;
    const chat = await freshGroup();
    const as = client.as(bob);
    const refused = [
      await as.put(`/chats/${chat.id}`, { name: 'mine' }),
      await as.patch(`/chats/${chat.id}`, { name: 'mine' }),
      await as.post(`/chats/${chat.id}/participants`, { user_ids: [mallory.id] }),
      await as.del(`/chats/${chat.id}/participants`, { user_id: carol.id }),
      await as.del(`/chats/${chat.id}/participants/${carol.id}`),
      await as.put(`/chats/${chat.id}/participants/${bob.id}`, { is_admin: true }),
      await as.put(`/chats/${chat.id}/participants/${alice.id}`, { is_admin: false }),
    ];
    for (const answer of refused) expect(answer.body).to.include({ status: 403, code: 'admin_required' });
    expect(refused[0]?.body).to.include({ detail: 'Only admins can update chat details' });
    expect(await admins(chat, bob)).to.deep.equal([alice.id]);
    expect(await participants(chat, bob)).to.have.length(3);
  });

  it('keeps a direct chat what it is', async () => {
    const { client, alice, bob, mallory, direct } = world;
    const as = client.as(alice);
    const refused = [
      await as.put(`/chats/${direct.id}`, { name: 'x' }),
      await as.post(`/chats/${direct.id}/participants`, { user_ids: [mallory.id] }),
      await as.del(`/chats/${direct.id}/participants/${bob.id}`),
      await as.put(`/chats/${direct.id}/participants/${bob.id}`, { is_admin: true }),
    ];
    for (const answer of refused) expect(answer.body).to.include({ status: 400, code: 'group_only' });
    expect(refused[0]?.body).to.include({ detail: 'Can only update group chats' });
    expect((await as.put(`/chats/${direct.id}`, { chat_type: 'group' })).status).to.equal(422);
    expect(await participants(direct, alice)).to.have.length(2);
  });

  it('lets only the sender edit, and the sender or a group admin delete', async () => {
    const { client, alice, bob, carol, mallory, direct } = world;
    const chat = await freshGroup();
    const ofBob = await client.send(bob, chat, 'by bob');
    const table: [actor: TestUser, edit: number, remove: number][] = [
      [mallory, 404, 404],
      [carol, 403, 403],
      [alice, 403, 200],
    ];
    for (const [actor, edit, remove] of table) {
      const path = `/messages/${ofBob.id}`;
      expect((await client.as(actor).put(path, { content: 'forged' })).status).to.equal(edit);
      expect((await client.as(bob).get(path)).body).to.include({ content: 'by bob', version: 1 });
      expect((await client.as(actor).del(path)).status).to.equal(remove);
    }
    const inDirect = await client.send(bob, direct, 'private');
    expect((await client.as(alice).del(`/messages/${inDirect.id}`)).body).to.include({ code: 'delete_forbidden' });
    expect((await client.as(bob).del(`/messages/${inDirect.id}`)).status).to.equal(200);
  });

  it('shuts a removed participant out at once', async () => {
    const { client, alice, bob } = world;
    const chat = await freshGroup();
    const message = await client.send(bob, chat);
    await client.as(alice).del(`/chats/${chat.id}/participants/${bob.id}`);
    const as = client.as(bob);
    const refused = [
      await as.get(`/chats/${chat.id}`),
      await as.get(`/chats/${chat.id}/participants`),
      await as.get(`/messages/chat/${chat.id}`),
      await as.get(`/messages/${message.id}`),
      await as.put(`/messages/${message.id}`, { content: 'x' }),
      await as.del(`/messages/${message.id}`),
      await as.post('/messages', { chat_id: chat.id, content: 'x' }),
      await as.del(`/chats/${chat.id}`),
      await as.put(`/chats/${chat.id}/read`, { seq: 1 }),
    ];
    expect(refused.map((answer) => answer.status)).to.deep.equal(refused.map(() => 404));
    const list = await as.get<{ items: ChatResource[] }>('/chats?limit=100');
    expect(list.body.items.map((item) => item.id)).not.to.include(chat.id);
  });

  it('shows a newcomer the whole history, and one who returns what was missed', async () => {
    const { client, alice, bob, mallory } = world;
    const chat = await client.createGroup(alice, [bob]);
    await client.send(alice, chat, 'before');
    await client.as(alice).post(`/chats/${chat.id}/participants`, { user_ids: [mallory.id] });
    const read = async (user: TestUser): Promise<unknown[]> => {
      const page = await client.as(user).get<{ items: { content: string }[] }>(`/messages/chat/${chat.id}`);
      return page.body.items.map((item) => item.content);
    };
    expect(await read(mallory)).to.deep.equal(['before']);
    await client.as(mallory).del(`/chats/${chat.id}`);
    await client.send(alice, chat, 'while away');
    await client.as(alice).post(`/chats/${chat.id}/participants`, { user_ids: [mallory.id] });
    expect(await read(mallory)).to.deep.equal(['while away', 'before']);
  });

  it('has an admin at any time: the longest-standing participant succeeds the last one', async () => {
    const { client, alice, bob, carol } = world;
    const chat = await freshGroup();
    const demoted = await client.as(alice).put(`/chats/${chat.id}/participants/${alice.id}`, { is_admin: false });
    expect(demoted.body).to.include({ status: 409, code: 'last_admin' });
    expect((await client.as(alice).del(`/chats/${chat.id}`)).status).to.equal(200);
    expect(await admins(chat, carol)).to.deep.equal([Math.min(bob.id, carol.id)]);
    await client.as(bob).del(`/chats/${chat.id}`);
    await client.as(carol).del(`/chats/${chat.id}`);
    expect((await client.as(carol).get(`/chats/${chat.id}`)).status).to.equal(404);
  });

  it('survives everyone leaving at once', async () => {
    const { client, alice, bob, carol } = world;
    for (let round = 0; round < 5; round += 1) {
      const chat = await freshGroup();
      await client.as(alice).put(`/chats/${chat.id}/participants/${bob.id}`, { is_admin: true });
      const left = await Promise.all([alice, bob].map((user) => client.as(user).del(`/chats/${chat.id}`)));
      expect(left.map((answer) => answer.status)).to.deep.equal([200, 200]);
      expect(await admins(chat, carol)).to.deep.equal([carol.id]);
    }
  });

  it('keeps an admin when two demote each other at once', async () => {
    const { client, alice, bob } = world;
    for (let round = 0; round < 5; round += 1) {
      const chat = await freshGroup();
      const path = `/chats/${chat.id}/participants`;
      await client.as(alice).put(`${path}/${bob.id}`, { is_admin: true });
      await Promise.all([
        client.as(alice).put(`${path}/${bob.id}`, { is_admin: false }),
        client.as(bob).put(`${path}/${alice.id}`, { is_admin: false }),
      ]);
      expect(await admins(chat, alice)).to.have.length(1);
    }
  });

  it('lets anyone remove themself from a group', async () => {
    const { client, bob, carol } = world;
    const chat = await freshGroup();
    const answer = await client.as(bob).del(`/chats/${chat.id}/participants/${bob.id}`);
    expect(answer.body).to.deep.equal({ message: 'Participant removed successfully' });
    expect((await participants(chat, carol)).map((one) => one.user_id)).not.to.include(bob.id);
  });
});
