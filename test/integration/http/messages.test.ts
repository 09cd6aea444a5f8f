import { expect } from 'chai';
import type { MessageResource, PageResource, WindowResource } from '../../../src/protocol/resources.js';
import type { TestUser } from '../../helpers/client.js';
import { startWorld, type World } from './world.js';

describe('messages', () => {
  let world: World;
  before(async () => {
    world = await startWorld();
  });
  after(() => world.app.stop());

  const post = (user: TestUser, json: object) => world.client.as(user).post<MessageResource>('/messages/', json);

  it('sends: the message with its place in the chat', async () => {
    const { client, alice, bob } = world;
    const chat = await client.createGroup(alice, [bob]);
    const answer = await post(alice, {
      chat_id: chat.id,
      content: 'hi',
      message_type: 'text',
      client_message_id: 'c1',
    });
    expect(answer.status).to.equal(201);
    expect(answer.body).to.have.all.keys(
      'id', 'chat_id', 'seq', 'rev', 'sender_id', 'sender_username', 'content', 'timestamp', 'message_type', 'is_edited',
      'is_deleted', 'edited_at', 'version', 'client_message_id',
    ); // prettier-ignore
    expect(answer.body).to.include({
      chat_id: chat.id,
      seq: 1,
      sender_id: alice.id,
      sender_username: alice.username,
      content: 'hi',
      message_type: 'text',
      is_edited: false,
      is_deleted: false,
      edited_at: null,
      version: 1,
      client_message_id: 'c1',
    });
    const forBob = await client.as(bob).get<MessageResource>(`/messages/${answer.body.id}`);
    expect(forBob.body).to.include({ content: 'hi' }).and.not.to.have.property('client_message_id');
    expect((await post(bob, { chat_id: chat.id, content: 'ho' })).body).to.include({ seq: 2, client_message_id: null });
  });

  it('holds 10,000 code points of any kind, byte for byte', async () => {
    const { client, alice, direct } = world;
    for (const unit of ['a', '漢', '😀']) {
      const content = unit.repeat(10_000);
      const sent = await post(alice, { chat_id: direct.id, content });
      expect(sent.status).to.equal(201);
      expect((await client.as(alice).get<MessageResource>(`/messages/${sent.body.id}`)).body.content).to.equal(content);
      expect((await post(alice, { chat_id: direct.id, content: content + unit })).status).to.equal(422);
    }
    const escaped = `{"chat_id":${direct.id},"content":"${'\\ud83d\\ude00'.repeat(10_000)}"}`;
    const answer = await client.call<MessageResource>('POST', '/messages', { raw: escaped, token: alice.token });
    expect(answer.body.content).to.equal('😀'.repeat(10_000));
  });

  it('keeps what is strange in a text as it is', async () => {
    const { client, alice, direct } = world;
    const strange = [
      '\u0001\u001f\u007f\u0085x', 'a\u2028b\u2029c', '\u202eevil\u202c', 'a\u200bb', `e${'\u0301'.repeat(9_999)}`,
      ' leading and trailing ', 'line\r\nline\rline\n', '\ufeffmark', 'cafe\u0301 caf\u00e9', '<script>alert(1)</script>',
      "'; DROP TABLE users; --", '{"$gt":""}', '${7*7} %s %d \\u0000 \\', '👩‍👩‍👧‍👦🏳️‍🌈', '\ufffd\uffff\u{10ffff}',
    ]; // prettier-ignore
    for (const content of strange) {
      const sent = await post(alice, { chat_id: direct.id, content });
      expect(sent.status, JSON.stringify(content.slice(0, 20))).to.equal(201);
      const read = await client.as(alice).get<MessageResource>(`/messages/${sent.body.id}`);
      expect(read.body.content).to.equal(content);
    }
  });

  it('refuses what nobody can see', async () => {
    const { alice, direct } = world;
    for (const content of [
      '',
      ' ',
      '\n\t\r',
      '\u200b',
      '\u200d\u2060\ufeff',
      '\u3000\u00a0',
      '\u2800',
      '\u0000',
      '\u001b',
    ]) {
      expect((await post(alice, { chat_id: direct.id, content })).status, JSON.stringify(content)).to.equal(422);
    }
  });

  it('stores one message per client_message_id, sender and chat, for ever', async () => {
    const { client, alice, bob, group, direct } = world;
    const first = await post(alice, { chat_id: group.id, content: 'once', client_message_id: 'k' });
    expect(first.status).to.equal(201);
    expect(first.body).not.to.have.property('duplicate');
    const again = await post(alice, { chat_id: group.id, content: 'once', client_message_id: 'k' });
    expect(again.status).to.equal(200);
    expect(again.body).to.deep.equal({ ...first.body, duplicate: true });
    const other = await post(alice, { chat_id: group.id, content: 'twice', client_message_id: 'k' });
    expect(other.body).to.include({ status: 409, code: 'client_message_id_reused' });
    for (const [user, chat] of [
      [bob, group],
      [alice, direct],
    ] as const) {
      const independent = await post(user, { chat_id: chat.id, content: 'twice', client_message_id: 'k' });
      expect(independent.status).to.equal(201);
    }
    const race = await Promise.all(
      Array.from({ length: 10 }, () => post(bob, { chat_id: group.id, content: 'race', client_message_id: 'r' })),
    );
    expect(new Set(race.map((answer) => answer.body.id))).to.have.property('size', 1);
    expect(race.map((answer) => answer.status).sort()).to.deep.equal([...Array<number>(9).fill(200), 201]);

    const distinct = ['K', 'k ', 'é', 'e\u0301', '😀', '😁', '漢'.repeat(64), '😀'.repeat(64)];
    for (const client_message_id of distinct) {
      const sent = await post(alice, { chat_id: group.id, content: client_message_id, client_message_id });
      expect(sent.status, client_message_id).to.equal(201);
      expect(sent.body.client_message_id).to.equal(client_message_id);
    }
    for (const client_message_id of [
      '',
      'x'.repeat(65),
      '😀'.repeat(65),
      'x'.repeat(1_024),
      5,
      {},
      ['k'],
      null,
      'a\0b',
    ]) {
      expect((await post(alice, { chat_id: group.id, content: 'x', client_message_id })).status).to.equal(422);
    }

    await client.as(alice).del(`/messages/${first.body.id}`);
    const afterDelete = await post(alice, { chat_id: group.id, content: 'once', client_message_id: 'k' });
    expect(afterDelete.status).to.equal(200);
    expect(afterDelete.body).to.include({ id: first.body.id, duplicate: true, is_deleted: true, content: null });
  });

  it('edits by PUT and PATCH, and only from the expected version', async () => {
    const { client, alice, group } = world;
    const { id } = await client.send(alice, group, 'one');
    const edit = (json: object, method: 'put' | 'patch' = 'put') =>
      client.as(alice)[method]<MessageResource>(`/messages/${id}/`, json);
    const edited = await edit({ content: 'two', expected_version: 1 });
    expect(edited.body).to.include({ id, content: 'two', version: 2, is_edited: true });
    expect(edited.body.edited_at).to.be.a('string');
    expect((await edit({ content: 'three' }, 'patch')).body).to.include({ content: 'three', version: 3 });
    expect((await edit({ content: 'three' })).body).to.include({ version: 3 });
    for (const expected_version of [1, 2, 4, 9_000_000_000_000_000]) {
      const answer = await edit({ content: 'late', expected_version });
      expect(answer.body).to.include({ status: 409, code: 'version_conflict' });
    }
    for (const expected_version of [0, -1, 1.5, '3', null, true, [3], 2 ** 53]) {
      expect((await edit({ content: 'late', expected_version })).status).to.equal(422);
    }
    expect((await client.as(alice).get(`/messages/${id}`)).body).to.include({ content: 'three', version: 3 });
    const race = await Promise.all([1, 2, 3].map((n) => edit({ content: `race ${n}`, expected_version: 3 })));
    expect(race.map((answer) => answer.status).sort()).to.deep.equal([200, 409, 409]);
  });

  it('forgets a deleted message', async () => {
    const { client, alice, group } = world;
    const { id } = await client.send(alice, group, 'delete me');
    const as = client.as(alice);
    const deleted = await as.del(`/messages/${id}`);
    expect(deleted.status).to.equal(200);
    expect(deleted.body).to.deep.equal({ message: 'Message deleted successfully' });
    for (const answer of [
      await as.get(`/messages/${id}`),
      await as.put(`/messages/${id}`, { content: 'x' }),
      await as.del(`/messages/${id}`),
    ]) {
      expect(answer.body).to.include({ status: 404, code: 'message_not_found', detail: 'Message not found' });
    }
    expect((await as.get(`/messages/chat/${group.id}?limit=100`)).text).not.to.contain('delete me');
  });

  describe('history', () => {
    let path: string;
    before(async () => {
      const { client, alice, bob } = world;
      const chat = await client.createGroup(alice, [bob]);
      path = `/messages/chat/${chat.id}`;
      const sent: MessageResource[] = [];
      for (let n = 1; n <= 25; n += 1) sent.push(await client.send(n % 2 === 0 ? alice : bob, chat, `m${n}`));
      for (const n of [3, 24]) await client.as(alice).del(`/messages/${sent[n - 1]?.id ?? 0}`);
    });

    const page = async (query: string): Promise<PageResource<MessageResource>> =>
      (await world.client.as(world.bob).get<PageResource<MessageResource>>(`${path}/?${query}`)).body;
    const window = async (query: string): Promise<[seqs: number[], before: boolean, after: boolean]> => {
      const answer = await world.client.as(world.bob).get<WindowResource<MessageResource>>(`${path}?${query}`);
      expect(answer.status).to.equal(200);
      const { items, has_more_before, has_more_after, ...rest } = answer.body;
      expect(rest).to.deep.equal({});
      return [items.map((item) => item.seq), has_more_before, has_more_after];
    };

    it('comes in pages, newest first, without what was deleted', async () => {
      const first = await page('');
      expect(first).to.include({ total: 23, page: 1, limit: 20, pages: 2 });
      expect(first.items.map((item) => item.seq)).to.deep.equal([
        25, 23, 22, 21, 20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5,
      ]);
      expect((await page('page=2')).items.map((item) => item.seq)).to.deep.equal([4, 2, 1]);
      expect(await page('page=3')).to.deep.include({ items: [], total: 23, page: 3 });
      expect(await page('page=1000000&limit=100')).to.deep.include({ items: [], total: 23 });
      expect(first.items[0]).to.include({ content: 'm25', sender_username: world.bob.username });
    });

    it('comes in windows around a place', async () => {
      expect(await window('before_seq=6&limit=3')).to.deep.equal([[5, 4, 2], true, true]);
      expect(await window('before_seq=3&limit=3')).to.deep.equal([[2, 1], false, true]);
      expect(await window('before_seq=1')).to.deep.equal([[], false, true]);
      expect(await window('after_seq=20&limit=2')).to.deep.equal([[22, 21], true, true]);
      expect(await window('after_seq=22&limit=5')).to.deep.equal([[25, 23], true, false]);
      expect(await window('after_seq=25')).to.deep.equal([[], true, false]);
      expect(await window('after_seq=0&limit=3')).to.deep.equal([[4, 2, 1], false, true]);
      const [seqs, before, after] = await window('around_seq=10&limit=5');
      expect(seqs).to.include(10).and.to.have.length(5);
      expect([before, after]).to.deep.equal([true, true]);
      expect((await window('before_seq=9007199254740991&limit=1'))[0]).to.deep.equal([25]);
    });

    it('takes no other numbers', async () => {
      const wrong = [
        'page=0', 'page=-1', 'page=01', 'page=1000001', 'page=1.0', 'page=1e2', 'page=', 'limit=0', 'limit=-5', 'limit=101',
        'limit=9007199254740993', 'limit=ten', 'limit=5&limit=6', 'limit[]=5', 'limit=5&offset=5', 'before_seq=0',
        'after_seq=-1', 'around_seq=x', 'before_seq=5&after_seq=1', 'page=1&before_seq=5', 'a[$ne]=1', 'token=x',
      ]; // prettier-ignore
      for (const query of wrong) {
        const answer = await world.client.as(world.bob).get(`${path}?${query}`);
        expect(answer.status, query).to.equal(422);
        expect(answer.text.length).to.be.at.most(1_024);
      }
      for (const query of ['page=0', 'limit=101', 'limit=x', 'q=1', 'limit=1&limit=1']) {
        expect((await world.client.as(world.bob).get(`/chats?${query}`)).status, query).to.equal(422);
      }
    });
  });
});
