import { expect } from 'chai';
import { startTestApp, type TestApp } from '../../helpers/app.js';
import { dropSockets, type Frame, type SocketClient } from '../../helpers/ws-client.js';
import { contentOf, durable, groupOf, live, people, rest, type Person } from './fixtures.js';

describe('sockets: messages and changes', () => {
  let app: TestApp;
  let ada: Person;
  let ben: Person;
  let cleo: Person;
  let chatId: number;

  before(async () => {
    app = await startTestApp();
    [ada, ben, cleo] = (await people(app, 3)) as [Person, Person, Person];
  });
  beforeEach(async () => {
    chatId = await groupOf(app, [ada, ben]);
  });
  afterEach(dropSockets);
  after(() => app.stop());

  it('acknowledges to the sender and tells every member, the sender included', async () => {
    const [a, second, b] = [await live(app, chatId, ada), await live(app, chatId, ada), await live(app, chatId, ben)];
    a.send({ type: 'message', chat_id: chatId, content: 'hello', client_message_id: 'c-1', id: 'x' });
    const ack = await a.nextOf('ack');
    expect(ack).to.deep.equal({
      type: 'ack',
      id: 'x',
      client_message_id: 'c-1',
      message_id: ack['message_id'],
      seq: 1,
      rev: ack['rev'],
      duplicate: false,
    });
    for (const client of [a, second, b]) {
      const event = await client.nextOf('new_message');
      expect(event).to.include({ chat_id: chatId, rev: ack['rev'] });
      expect(event['timestamp']).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      expect(event['message']).to.deep.include({
        id: ack['message_id'],
        chat_id: chatId,
        seq: 1,
        sender_id: ada.userId,
        sender_username: ada.username,
        content: 'hello',
        message_type: 'text',
        is_edited: false,
        is_deleted: false,
        version: 1,
      });
      expect(event['message']).not.to.have.property('client_message_id');
    }
    expect(second.frames.filter((frame) => frame['type'] === 'ack')).to.have.length(0);
  });

  it('acknowledges only what is stored: a message is in the history when its ack arrives', async () => {
    const a = await live(app, chatId, ada);
    a.send({ type: 'message', content: 'kept' });
    const ack = await a.nextOf('ack');
    expect(ack).to.include({ client_message_id: null }).and.not.to.have.property('id');
    const { body } = await rest(app, ben, 'GET', `/messages/${String(ack['message_id'])}`);
    expect(body).to.include({ content: 'kept', seq: ack['seq'] });
  });

  it('keeps the order of one socket’s pipelined sends, for every reader', async () => {
    const [a, b] = [await live(app, chatId, ada), await live(app, chatId, ben)];
    const contents = Array.from({ length: 200 }, (_, index) => `m${index}`);
    contents.forEach((content, id) => a.send({ type: 'message', content, id }));
    const acks: Frame[] = [];
    while (acks.length < contents.length) acks.push(await a.nextOf('ack'));
    const seqs = contents.map((_, id) => acks.find((ack) => ack['id'] === id)?.['seq']);
    expect(seqs).to.deep.equal(contents.map((_, index) => index + 1));
    for (const client of [a, b]) {
      await client.next((frame) => contentOf(frame) === 'm199');
      expect(durable(client).map(contentOf)).to.deep.equal(contents);
    }
  });

  it('delivers every rev once and in order to all while several write', async () => {
    const clients = [await live(app, chatId, ada), await live(app, chatId, ben), await live(app, chatId, ada)];
    for (let round = 0; round < 30; round += 1) {
      for (const client of clients) client.send({ type: 'message', content: `round ${round}` });
    }
    for (const client of clients) {
      for (let count = 0; count < 90; count += 1) await client.nextOf('new_message');
      const revs = durable(client).map((frame) => frame['rev'] as number);
      expect(revs).to.deep.equal(revs.map((_, index) => (revs[0] ?? 0) + index));
    }
  });

  it('answers a repeated client_message_id with the first message, other content with an error', async () => {
    const [a, b] = [await live(app, chatId, ada), await live(app, chatId, ben)];
    const frame = { type: 'message', content: 'once', client_message_id: 'same' };
    a.send({ ...frame, id: 1 });
    const first = await a.nextOf('ack');
    a.send({ ...frame, id: 2 });
    expect(await a.nextOf('ack')).to.deep.equal({ ...first, id: 2, duplicate: true });
    a.send({ ...frame, content: 'other', id: 3 });
    expect(await a.nextOf('error')).to.include({ code: 'client_message_id_reused', id: 3 });
    b.send({ ...frame, id: 4 });
    expect(await b.nextOf('ack')).to.include({ duplicate: false, seq: 2 });
    await a.sync();
    expect(durable(a)).to.have.length(2);
  });

  it('tells of messages sent by REST, without the client_message_id', async () => {
    const clients = [await live(app, chatId, ada), await live(app, chatId, ben)];
    const body = { chat_id: chatId, content: 'by REST', client_message_id: 'r-1' };
    const sent = await rest(app, ada, 'POST', '/messages/', body);
    expect(sent.status).to.equal(201);
    for (const client of clients) {
      const event = await client.nextOf('new_message');
      const { client_message_id: _own, ...shared } = sent.body;
      expect(event['message']).to.deep.equal(shared);
      expect(event['rev']).to.equal(sent.body['rev']);
    }
  });

  it('tells of edits and deletes', async () => {
    const b = await live(app, chatId, ben);
    const sent = await rest(app, ada, 'POST', '/messages/', { chat_id: chatId, content: 'first' });
    const id = String(sent.body['id']);
    await rest(app, ada, 'PUT', `/messages/${id}`, { content: 'second' });
    const updated = await b.nextOf('message_updated');
    expect(updated).to.include({ chat_id: chatId, rev: (sent.body['rev'] as number) + 1 });
    expect(updated['message']).to.include({ content: 'second', is_edited: true, version: 2, seq: sent.body['seq'] });
    await rest(app, ada, 'DELETE', `/messages/${id}`);
    const deleted = await b.nextOf('message_deleted');
    expect(deleted).to.deep.equal({
      type: 'message_deleted',
      chat_id: chatId,
      message_id: sent.body['id'],
      seq: sent.body['seq'],
      deleted_by: ada.userId,
      rev: (sent.body['rev'] as number) + 2,
      timestamp: deleted['timestamp'],
    });
    expect(JSON.stringify(deleted)).not.to.include('second');
  });

  it('tells of participants and of the chat’s name', async () => {
    const b = await live(app, chatId, ben);
    await rest(app, ada, 'POST', `/chats/${chatId}/participants`, { user_ids: [cleo.userId] });
    const added = await b.nextOf('participant_added');
    expect(added).to.include({ chat_id: chatId, by: ada.userId });
    expect(added['participant']).to.include({ user_id: cleo.userId, username: cleo.username, is_admin: false });
    await rest(app, ada, 'PUT', `/chats/${chatId}/participants/${cleo.userId}`, { is_admin: true });
    expect((await b.nextOf('participant_updated'))['participant']).to.include({ user_id: cleo.userId, is_admin: true });
    await rest(app, ada, 'PUT', `/chats/${chatId}`, { name: 'renamed' });
    expect((await b.nextOf('chat_updated'))['chat']).to.include({ id: chatId, name: 'renamed' });
    await rest(app, ada, 'DELETE', `/chats/${chatId}/participants/${cleo.userId}`);
    expect(await b.nextOf('participant_removed')).to.include({ user_id: cleo.userId, by: ada.userId });
    const revs = durable(b).map((frame) => frame['rev'] as number);
    expect(revs).to.deep.equal([1, 2, 3, 4].map((step) => (revs[0] ?? 0) + step - 1));
  });

  it('answers a ping with the rev of the last event, and keeps chats apart', async () => {
    const otherChat = await groupOf(app, [ada, cleo]);
    const [here, there]: SocketClient[] = [await live(app, chatId, ada), await live(app, otherChat, ada)];
    here?.send({ type: 'message', content: 'here' });
    const event = await here?.nextOf('new_message');
    expect(await here?.sync()).to.include({ rev: event?.['rev'] });
    await there?.sync();
    expect(there?.frames.filter((frame) => frame['type'] === 'new_message')).to.have.length(0);
  });
});
