import { expect } from 'chai';
import type { ChangesOfChatsResource, ChangesResource } from '../../../src/protocol/changes.js';
import type { DurableFrame } from '../../../src/protocol/events.js';
import type { ChatResource, PageResource, ProblemResource } from '../../../src/protocol/resources.js';
import type { Answer, TestUser } from '../../helpers/client.js';
import { startWorld, together, type World } from './world.js';

const NOBODY = 4_000_000_000_000_000;

describe('changes', () => {
  let world: World;
  before(async () => {
    world = await startWorld();
  });
  after(() => world.app.stop());

  const read = <T = ChangesResource>(user: TestUser, chatId: number, query = ''): Promise<Answer<T>> =>
    world.client.as(user).get<T>(`/chats/${chatId}/changes${query}`);
  const ask = <T = ChangesOfChatsResource>(user: TestUser, body: object): Promise<Answer<T>> =>
    world.client.as(user).post<T>('/changes', body);
  const revs = (changes: readonly DurableFrame[]): [string, number][] => changes.map(({ type, rev }) => [type, rev]);
  const pageIn = (answer: ChangesOfChatsResource, chatId: number): ChangesResource => {
    const page = answer.chats[chatId];
    if (page === undefined || 'resync_required' in page) throw new Error(`no page: ${JSON.stringify(page)}`);
    return page;
  };

  /** Alice's group with Bob, at rev 1, and `count` messages of hers. */
  async function fresh(count: number): Promise<ChatResource> {
    const { client, alice, bob } = world;
    const chat = await client.createGroup(alice, [bob]);
    for (let nth = 1; nth <= count; nth += 1) await client.send(alice, chat, `message ${nth}`);
    return chat;
  }

  it('begins where the chat was read, with its rev and epoch', async () => {
    const { client, alice, bob } = world;
    const chat = await fresh(1);
    const known = (await client.as(bob).get<ChatResource>(`/chats/${chat.id}`)).body;
    const message = await client.send(alice, chat, 'news');
    const { body, status } = await read(bob, chat.id, `?since_rev=${known.rev}&epoch=${known.epoch}`);
    expect(status).to.equal(200);
    expect(body).to.deep.equal({
      chat_id: chat.id,
      epoch: known.epoch,
      rev: 3,
      has_more: false,
      changes: [
        {
          type: 'new_message',
          chat_id: chat.id,
          // The sender's own name for it is none of Bob's business.
          message: Object.fromEntries(Object.entries(message).filter(([key]) => key !== 'client_message_id')),
          rev: 3,
          timestamp: message.timestamp,
        },
      ],
      last_seq: 2,
      unread_count: 2,
      reads: [
        { user_id: alice.id, last_read_seq: 2 },
        { user_id: bob.id, last_read_seq: 0 },
      ],
    });
    const list = await client.as(bob).get<PageResource<unknown> & { epoch: string }>('/chats');
    expect(list.body.epoch).to.equal(known.epoch);
  });

  it('shows client_message_id to its sender only', async () => {
    const { client, alice, bob } = world;
    const chat = await fresh(0);
    await client.as(alice).post('/messages', { chat_id: chat.id, content: 'mine', client_message_id: 'a-1' });
    const [mine] = (await read(alice, chat.id, '?since_rev=1')).body.changes;
    const [theirs] = (await read(bob, chat.id, '?since_rev=1')).body.changes;
    expect(mine).to.have.nested.property('message.client_message_id', 'a-1');
    expect(theirs).not.to.have.nested.property('message.client_message_id');
  });

  it('reads on from every place there is, and from no other', async () => {
    const { alice } = world;
    const chat = await fresh(4);
    const rev = 5;
    const all = [2, 3, 4, 5].map((nth) => ['new_message', nth]);
    const from = async (since: number): Promise<ChangesResource> =>
      (await read(alice, chat.id, `?since_rev=${since}`)).body;
    expect(revs((await from(0)).changes).slice(-4)).to.deep.equal(all);
    for (const since of [1, 2, 4, 5]) {
      const once = await from(since);
      expect(revs(once.changes)).to.deep.equal(all.slice(since - 1));
      expect(once).to.include({ rev, has_more: false, last_seq: 4 });
      expect(await from(since), 'again, with nothing in between').to.deep.equal(once);
    }
    for (const query of [`?since_rev=${rev + 1}`, `?since_rev=${Number.MAX_SAFE_INTEGER}&epoch=${chat.epoch}`]) {
      const { status, body } = await read<ProblemResource>(alice, chat.id, query);
      expect(status).to.equal(409);
      expect(body).to.include({ code: 'resync_required', reason: 'future_rev', rev, epoch: chat.epoch });
    }
    for (const query of ['?epoch=c4n4ry', `?since_rev=${rev}&epoch=c4n4ry`, `?since_rev=99&epoch=${'x'.repeat(64)}`]) {
      const { status, body } = await read<ProblemResource>(alice, chat.id, query);
      expect(status).to.equal(409);
      expect(body).to.include({ code: 'resync_required', reason: 'other_epoch', rev, epoch: chat.epoch });
      expect(JSON.stringify(body)).not.to.contain('c4n4ry');
    }
  });

  it('pages at one below, at and above the limit', async () => {
    const { alice } = world;
    const chat = await fresh(4);
    const page = async (since: number, limit: number): Promise<ChangesResource> =>
      (await read(alice, chat.id, `?since_rev=${since}&limit=${limit}`)).body;
    expect(await page(1, 3)).to.include({ rev: 4, has_more: true });
    expect(await page(1, 4)).to.include({ rev: 5, has_more: false });
    expect(await page(1, 5)).to.include({ rev: 5, has_more: false });
    expect(revs((await page(1, 3)).changes)).to.deep.equal([2, 3, 4].map((rev) => ['new_message', rev]));
    expect(revs((await page(4, 3)).changes)).to.deep.equal([['new_message', 5]]);
    const founding = await page(0, 1);
    expect(founding).to.include({ rev: 1, has_more: true });
    expect(founding.changes).to.have.length(3);
  });

  it('takes no other numbers', async () => {
    const chat = await fresh(0);
    const wrong = ['-1', '1.5', '1e3', '0x1', 'abc', '', '01', '٣', '9007199254740993', '[]', '1,2', '%2B1', 'null'];
    const queries = [
      ...wrong.map((text) => `since_rev=${text}`),
      ...[...wrong, '0', '501'].map((text) => `limit=${text}`),
      'epoch=',
      `epoch=${'x'.repeat(65)}`,
      'since_rev=1&since_rev=1',
      'since_rev[]=1',
      'since[$gt]=0',
      'page=1',
    ];
    await together(queries, async (query) => {
      const answer = await read<ProblemResource>(world.alice, chat.id, `?${query}`);
      expect(answer.status, query).to.equal(422);
      expect(answer.body.code).to.equal('validation_failed');
    });
  });

  it('is closed to who is not in the chat, from the moment on', async () => {
    const { client, alice, bob, mallory } = world;
    const chat = await fresh(1);
    const nothing = (await read(mallory, NOBODY)).text;
    expect((await read(mallory, chat.id)).text).to.equal(nothing);
    expect((await read(mallory, chat.id, '?epoch=c4n4ry')).text).to.equal(nothing);
    await client.as(alice).del(`/chats/${chat.id}/participants/${bob.id}`);
    expect((await read(bob, chat.id)).text).to.equal(nothing);
    const { body } = await ask(bob, { chats: { [chat.id]: 0, [NOBODY]: 0 } });
    expect(body).to.deep.include({ chats: {}, gone: [chat.id, NOBODY] });
  });

  it('answers many chats at once, each as it would be alone', async () => {
    const { client, alice, bob } = world;
    const [one, two, three] = [await fresh(2), await fresh(1), await fresh(1)];
    await client.as(alice).del(`/chats/${three.id}/participants/${bob.id}`);
    const chats = { [two.id]: 5, [three.id]: 1, [one.id]: 2 };
    const { body, status } = await ask(bob, { chats, epoch: one.epoch });
    expect(status).to.equal(200);
    expect(body.epoch).to.equal(one.epoch);
    expect(pageIn(body, one.id)).to.deep.equal((await read(bob, one.id, '?since_rev=2')).body);
    expect(body.chats[two.id]).to.deep.equal({ resync_required: { reason: 'future_rev', rev: 2 } });
    expect(body.gone).to.deep.equal([three.id]);
    expect(body.new_chats.map((chat) => chat.chat_id)).not.to.include.members([one.id, two.id, three.id]);
    const old = await ask(bob, { chats, epoch: 'another' });
    expect(old.body).to.deep.include({ epoch: one.epoch, gone: [three.id] });
    for (const [chat, rev] of [[one, 3], [two, 2]] as const) {
      expect(old.body.chats[chat.id]).to.deep.equal({ resync_required: { reason: 'other_epoch', rev } });
    } // prettier-ignore
  });

  it('shares the limit between the chats, in the order of their ids', async () => {
    const { bob } = world;
    const [one, two, three] = [await fresh(3), await fresh(3), await fresh(0)];
    const chats = { [three.id]: 1, [two.id]: 1, [one.id]: 1 };
    const { body } = await ask(bob, { chats, limit: 4 });
    expect(pageIn(body, one.id)).to.include({ rev: 4, has_more: false });
    expect(pageIn(body, two.id)).to.include({ rev: 2, has_more: true, unread_count: 3, last_seq: 3 });
    expect(pageIn(body, three.id)).to.deep.include({ rev: 1, has_more: false, changes: [] });
    const less = (await ask(bob, { chats, limit: 3 })).body;
    expect(pageIn(less, two.id)).to.deep.include({ rev: 1, has_more: true, changes: [], unread_count: 3 });
    expect(pageIn(less, three.id)).to.include({ rev: 1, has_more: false });
  });

  it('names the chats that the vector does not, in portions', async () => {
    const { client } = world;
    const [owner, guest] = await client.registerUsers(2, 'vector');
    if (owner === undefined || guest === undefined) return expect.fail();
    const made: number[] = [];
    for (let nth = 0; nth < 103; nth += 1) made.push((await client.createGroup(owner, [guest])).id);
    const hidden = await client.openDirect(guest, owner);
    await client.as(guest).del(`/chats/${hidden.id}`);
    made.push(hidden.id);
    const { body } = await ask(guest, { chats: { [made[0] ?? 0]: 1, [made[50] ?? 0]: 1 } });
    expect(Object.keys(body.chats).map(Number)).to.deep.equal([made[0], made[50]]);
    const unnamed = made.filter((id) => id !== made[0] && id !== made[50]).map((chat_id) => ({ chat_id, rev: 1 }));
    expect(body.new_chats).to.deep.equal(unnamed.slice(0, 100));
    expect(body.has_more_chats).to.equal(true);
    const after_chat_id = unnamed[99]?.chat_id ?? 0;
    const rest = (await ask(guest, { chats: {}, after_chat_id })).body;
    expect(rest).to.deep.include({ chats: {}, gone: [], new_chats: unnamed.slice(100), has_more_chats: false });
    expect((await ask(guest, { chats: {} })).body.new_chats).to.have.length(100);
  }).timeout(60_000);

  it('takes a hundred chats and not one more, and no inherited names among them', async () => {
    const chat = await fresh(0);
    const vector = (count: number): object =>
      Object.fromEntries(Array.from({ length: count }, (_, nth) => [chat.id + 1_000_000 + nth, 0]));
    expect((await ask(world.alice, { chats: vector(100) })).body.gone).to.have.length(100);
    const refused = async (raw: string): Promise<string> => {
      const answer = await world.client.call('POST', '/changes', { raw, token: world.alice.token });
      expect(answer.status, raw.slice(0, 60)).to.equal(422);
      return answer.text;
    };
    expect(await refused(JSON.stringify({ chats: vector(101) }))).to.contain('at most 100');
    for (const key of ['__proto__', 'constructor', 'toString', 'prototype', 'c4n4ry', '-1', '1.0', '01', '']) {
      expect(await refused(`{"chats":{"${key}":1,"${chat.id}":1}}`)).not.to.contain('c4n4ry');
    }
    expect(await refused(`{"chats":{"${chat.id}":"c4n4ry"}}`)).not.to.contain('c4n4ry');
    for (const limit of [0, 501, 1.5, '5', null]) await refused(JSON.stringify({ chats: {}, limit }));
    expect({}).not.to.have.property('polluted');
  });
});
