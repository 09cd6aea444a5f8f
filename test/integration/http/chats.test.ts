import { expect } from 'chai';
import type { ChatListItemResource, ChatResource, PageResource } from '../../../src/protocol/resources.js';
import type { TestUser } from '../../helpers/client.js';
import { snapshot, startWorld, type World } from './world.js';

type Page = PageResource<ChatListItemResource>;

describe('chats', () => {
  let world: World;
  before(async () => {
    world = await startWorld();
  });
  after(() => world.app.stop());

  const list = async (user: TestUser, query = 'limit=100'): Promise<Page> =>
    (await world.client.as(user).get<Page>(`/chats/?${query}`)).body;
  const inList = async (user: TestUser, chat: { id: number }): Promise<ChatListItemResource | undefined> =>
    (await list(user)).items.find((item) => item.id === chat.id);

  it('creates a group: the creator is its admin, everyone named is in it', async () => {
    const { client, alice, bob, carol } = world;
    const json = { chat_type: 'group', name: 'Crew', participant_ids: [bob.id, carol.id] };
    const answer = await client.as(alice).post<ChatResource>('/chats/', json);
    expect(answer.status).to.equal(201);
    expect(answer.body).to.have.all.keys(
      'id', 'name', 'chat_type', 'created_at', 'updated_at', 'is_active', 'participants', 'last_seq', 'rev',
      'epoch',
    ); // prettier-ignore
    expect(answer.body).to.include({ name: 'Crew', chat_type: 'group', is_active: true, last_seq: 0 });
    expect(answer.body.participants.map((user) => user.id)).to.have.members([alice.id, bob.id, carol.id]);
    expect((await client.as(bob).get<ChatResource>(`/chats/${answer.body.id}/`)).body).to.include({
      id: answer.body.id,
    });
    const people = await client.as(bob).get<Record<string, unknown>[]>(`/chats/${answer.body.id}/participants/`);
    expect(people.body).to.have.length(3);
    for (const one of people.body) {
      expect(one).to.have.all.keys('user_id', 'username', 'full_name', 'joined_at', 'is_admin');
      expect(one['is_admin']).to.equal(one['user_id'] === alice.id);
    }
  });

  it('has one direct chat per pair for ever, also when both ask at once', async () => {
    const { client } = world;
    const [one, two] = await client.registerUsers(2, 'pair');
    if (one === undefined || two === undefined) return expect.fail();
    const open = (user: TestUser, other: TestUser) =>
      client.as(user).post<ChatResource>('/chats', { chat_type: 'direct', participant_ids: [other.id] });
    const race = await Promise.all([open(one, two), open(two, one), open(one, two), open(two, one)]);
    expect(new Set(race.map((answer) => answer.body.id))).to.have.property('size', 1);
    expect(race.map((answer) => answer.status).sort()).to.deep.equal([200, 200, 200, 201]);
    expect((await open(two, one)).status).to.equal(200);
    expect(race[0]?.body).to.include({ chat_type: 'direct', name: null });
  });

  it('hides a left direct chat until something new comes or it is asked for', async () => {
    const { client, alice, mallory } = world;
    const chat = await client.openDirect(alice, mallory);
    await client.send(alice, chat, 'old');
    for (let time = 0; time < 2; time += 1) {
      const left = await client.as(alice).del(`/chats/${chat.id}`);
      expect(left.status).to.equal(200);
      expect(left.body).to.deep.equal({ message: 'Left chat successfully' });
    }
    expect(await inList(alice, chat)).to.equal(undefined);
    expect(await inList(mallory, chat)).to.include({ id: chat.id, last_message: 'old' });
    expect((await client.as(alice).get(`/chats/${chat.id}`)).body).to.include({ is_active: true });
    expect((await client.as(alice).get<Page>(`/messages/chat/${chat.id}`)).body.items).to.have.length(1);
    await client.send(mallory, chat, 'new');
    expect(await inList(alice, chat)).to.include({ last_message: 'new' });
    await client.as(alice).del(`/chats/${chat.id}`);
    expect((await client.openDirect(alice, mallory)).id).to.equal(chat.id);
    expect(await inList(alice, chat)).to.include({ id: chat.id });
  });

  it('lists chats by activity, with previews and unread counts, in pages', async () => {
    const { client, bob } = world;
    const reader = await client.registerUser('reader');
    const chats: ChatResource[] = [];
    for (let index = 0; index < 3; index += 1) chats.push(await client.createGroup(bob, [reader], `chat ${index}`));
    const [first, second] = chats;
    if (first === undefined || second === undefined) return expect.fail();
    await client.send(bob, first, '😀'.repeat(300));
    await client.send(bob, first, 'x'.repeat(199) + '😀😀');
    await client.send(bob, second, 'gone');
    const gone = await client.send(bob, second, 'really gone');
    await client.as(bob).del(`/messages/${gone.id}`);

    const page = await list(reader);
    expect(page).to.include({ total: 3, page: 1, limit: 100, pages: 1 });
    expect(page.items[0]).to.have.all.keys(
      'id', 'name', 'chat_type', 'created_at', 'updated_at', 'participant_count', 'last_message', 'last_message_time',
      'unread_count', 'last_seq', 'rev',
    ); // prettier-ignore
    expect(await inList(reader, first)).to.include({
      participant_count: 2,
      last_message: `${'x'.repeat(199)}😀`,
      unread_count: 2,
      last_seq: 2,
    });
    expect(await inList(reader, second)).to.include({ last_message: 'gone', unread_count: 1, last_seq: 2 });
    const silent = page.items.find((item) => item.name === 'chat 2');
    expect(silent).to.include({ last_message: null, last_message_time: null, unread_count: 0 });

    await client.send(bob, first, 'newest');
    expect((await list(reader)).items[0]?.id).to.equal(first.id);
    const pages = await Promise.all([1, 2, 3, 4].map((number) => list(reader, `page=${number}&limit=1`)));
    expect(pages.map((one) => one.items.length)).to.deep.equal([1, 1, 1, 0]);
    expect(pages.map((one) => one.pages)).to.deep.equal([3, 3, 3, 3]);
    expect(new Set(pages.flatMap((one) => one.items.map((item) => item.id)))).to.have.property('size', 3);
  });

  it('moves the read watermark forward only', async () => {
    const { client, alice, bob } = world;
    const chat = await client.createGroup(alice, [bob]);
    for (let count = 0; count < 4; count += 1) await client.send(alice, chat);
    const read = async (seq: number) => (await client.as(bob).put(`/chats/${chat.id}/read`, { seq })).body;
    expect(await read(2)).to.deep.equal({ chat_id: chat.id, last_read_seq: 2, unread_count: 2 });
    expect(await read(1)).to.deep.equal({ chat_id: chat.id, last_read_seq: 2, unread_count: 2 });
    expect(await read(0)).to.deep.equal({ chat_id: chat.id, last_read_seq: 2, unread_count: 2 });
    expect(await read(900)).to.deep.equal({ chat_id: chat.id, last_read_seq: 4, unread_count: 0 });
    const patched = await client.as(bob).patch(`/chats/${chat.id}/read`, { seq: 4 });
    expect(patched.body).to.include({ last_read_seq: 4 });
    expect(await inList(bob, chat)).to.include({ unread_count: 0 });
  });

  it('renames a group by PUT and PATCH', async () => {
    const { client, alice, bob, group } = world;
    for (const method of ['put', 'patch'] as const) {
      const answer = await client.as(alice)[method](`/chats/${group.id}/`, { name: `Renamed by ${method}` });
      expect(answer.body).to.include({ id: group.id, name: `Renamed by ${method}` });
      expect((await client.as(bob).get(`/chats/${group.id}`)).body).to.include({ name: `Renamed by ${method}` });
    }
  });

  it('adds all or nobody, and nobody twice', async () => {
    const { client, alice, bob, carol, mallory } = world;
    const chat = await client.createGroup(alice, [bob]);
    const path = `/chats/${chat.id}/participants`;
    const unknown = await client.as(alice).post(path, { user_ids: [carol.id, 4_000_000_000_000_000] });
    expect(unknown.body).to.include({ status: 400, detail: 'One or more participants not found' });
    expect((await client.as(alice).get<unknown[]>(path)).body).to.have.length(2);
    const added = await client.as(alice).post(path, { user_ids: [bob.id, carol.id, mallory.id] });
    expect(added.status).to.equal(200);
    expect(added.body['message']).to.equal('Participants added successfully');
    expect(added.body['added']).to.have.members([carol.id, mallory.id]);
    const again = await client.as(alice).post(path, { user_ids: [carol.id] });
    expect(again.body).to.deep.equal({ message: 'Participants added successfully', added: [] });
  });

  it('removes by body and by path', async () => {
    const { client, alice, bob, carol, mallory } = world;
    const chat = await client.createGroup(alice, [bob, carol]);
    const path = `/chats/${chat.id}/participants`;
    const removed = { message: 'Participant removed successfully' };
    expect((await client.as(alice).del(`${path}/`, { user_id: bob.id })).body).to.deep.equal(removed);
    expect((await client.as(alice).del(`${path}/${carol.id}/`)).body).to.deep.equal(removed);
    for (const id of [bob.id, mallory.id, 4_000_000_000_000_000]) {
      expect((await client.as(alice).del(path, { user_id: id })).status).to.equal(404);
      expect((await client.as(alice).del(`${path}/${id}`)).body).to.include({
        status: 404,
        code: 'participant_not_found',
      });
    }
  });

  it('makes and unmakes admins', async () => {
    const { client, alice, bob } = world;
    const chat = await client.createGroup(alice, [bob]);
    const path = `/chats/${chat.id}/participants/${bob.id}`;
    expect((await client.as(alice).put(path, { is_admin: true })).body).to.include({ user_id: bob.id, is_admin: true });
    expect((await client.as(bob).patch(path, { is_admin: false })).body).to.include({
      user_id: bob.id,
      is_admin: false,
    });
    expect((await client.as(bob).put(path, { is_admin: true })).status).to.equal(403);
  });

  it('bounds a group at a hundred and takes a list whole or not at all', async () => {
    const { client, alice, bob } = world;
    const people = await client.registerUsers(100, 'crowd');
    const ids = people.map((user) => user.id);
    const before = (await list(alice)).total;
    const create = (participant_ids: unknown, chat_type = 'group') =>
      client.as(alice).post<ChatResource>('/chats', { chat_type, name: 'crowd', participant_ids });
    const refused: [name: string, ids: unknown, status: number, type?: string][] = [
      ['100 others', ids, 422],
      ['empty', [], 422],
      ['a repeat', [bob.id, bob.id], 422],
      ['oneself', [bob.id, alice.id], 422],
      ['10,000 ids', Array.from({ length: 10_000 }, (_, index) => index + 1), 422],
      ['a string', [String(bob.id)], 422],
      ['unknown', [bob.id, 4_000_000_000_000_000], 400],
      ['two in a direct chat', ids.slice(0, 2), 422, 'direct'],
      ['oneself in a direct chat', [alice.id], 422, 'direct'],
      ['unknown in a direct chat', [4_000_000_000_000_000], 400, 'direct'],
    ];
    for (const [name, named, status, type] of refused) {
      expect((await create(named, type)).status, name).to.equal(status);
    }
    expect((await list(alice)).total).to.equal(before);

    const full = await create(ids.slice(0, 98));
    expect(full.status).to.equal(201);
    const add = (user_ids: unknown[]) => client.as(alice).post(`/chats/${full.body.id}/participants`, { user_ids });
    expect((await add(ids.slice(98))).body).to.include({
      status: 400,
      detail: 'Cannot exceed 100 members in group chat',
    });
    expect((await add(ids.slice(98, 99))).status).to.equal(200);
    expect((await add(ids.slice(99))).status).to.equal(400);
    expect((await add(ids.slice(0, 50))).status).to.equal(200);
    expect((await client.as(alice).get<unknown[]>(`/chats/${full.body.id}/participants`)).body).to.have.length(100);
  });

  it('says who is online to participants', async () => {
    const { client, alice, group } = world;
    expect((await client.as(alice).get(`/ws/chat/${group.id}/online/`)).body).to.deep.equal({
      chat_id: group.id,
      online_users: [],
      count: 0,
    });
    expect((await client.as(alice).get('/ws/stats')).body).to.deep.equal({
      ...{ online_users: 0, total_connections: 0, gap_fills: 0 },
      ...{ queued_bytes: { total: 0, max: 0 }, closes: {} },
    });
  });

  it('changes nothing by being read', async () => {
    const before = await snapshot(world);
    expect(await snapshot(world)).to.equal(before);
  });
});
