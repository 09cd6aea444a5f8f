import { expect } from 'chai';
import { startTestApp, type TestApp } from '../../helpers/app.js';
import { forgetfulBroker } from '../../helpers/forgetful-broker.js';
import { connect, dropSockets, type Frame, type SocketClient } from '../../helpers/ws-client.js';
import { contentOf, durable, groupOf, live, people, rest, type Person } from './fixtures.js';

describe('sockets: all chats on one', () => {
  const broker = forgetfulBroker();
  let app: TestApp;
  let ada: Person;
  let ben: Person;
  let cleo: Person;
  let first: number;
  let second: number;
  let epoch: string;

  before(async () => {
    app = await startTestApp({ broker, env: { HEARTBEAT_SECONDS: '1', RESUME_MAX_ITEMS: '6' } });
    epoch = app.services.realtime.epoch;
  });
  beforeEach(async () => {
    [ada, ben, cleo] = (await people(app, 3)) as [Person, Person, Person];
    first = await groupOf(app, [ben, ada]);
    second = await groupOf(app, [ben, ada]);
  });
  afterEach(() => {
    broker.loses = () => false;
    dropSockets();
  });
  after(() => app.stop());

  async function open(person: Person = ada): Promise<{ client: SocketClient; ready: Frame }> {
    const client = await connect(`${app.wsUrl}?token=${person.token}`);
    return { client, ready: await client.nextOf('inbox_ready') };
  }

  const say = (chatId: number, content: string, person: Person = ben): Promise<unknown> =>
    app.services.messages.send(person, { chatId, content, messageType: 'text', clientMessageId: null });

  const saying = (content: string) => (frame: Frame) => contentOf(frame) === content;

  it('begins with the chats it follows, and gets the events of each', async () => {
    await say(second, 'before');
    const { client, ready } = await open();
    expect(ready).to.deep.include({ epoch, has_more_chats: false });
    expect(ready['revs']).to.deep.equal({ [first]: 1, [second]: 2 });
    expect(ready['reads']).to.deep.equal({ [first]: 0, [second]: 0 });
    await say(first, 'one');
    await say(second, 'two');
    expect(await client.next(saying('one'))).to.include({ chat_id: first, rev: 2 });
    expect(await client.next(saying('two'))).to.include({ chat_id: second, rev: 3 });
    expect(durable(client)).to.have.length(2);
  });

  it('takes commands with chat_id; without one they are refused, of other chats not found', async () => {
    const other = await groupOf(app, [ben, cleo]);
    const { client } = await open();
    const ask = async (command: object): Promise<Frame> => {
      client.send({ ...command, id: 'q' });
      return client.next(({ id }) => id === 'q');
    };
    expect(await ask({ type: 'message', chat_id: first, content: 'hi' })).to.include({ type: 'ack', seq: 1 });
    expect(await ask({ type: 'read', chat_id: first, seq: 1 })).to.include({
      type: 'ack',
      chat_id: first,
      last_read_seq: 1,
    });
    await client.next(saying('hi'));
    expect(await ask({ type: 'ping', chat_id: first })).to.include({ type: 'pong', rev: 2 });
    expect(await ask({ type: 'ping' })).not.to.have.property('rev');
    const commands = [
      { type: 'message', content: 'hi' },
      { type: 'typing', content: 'start' },
      { type: 'read', seq: 1 },
      { type: 'resume', since_rev: 1 },
    ];
    for (const command of commands) {
      expect(await ask(command), command.type).to.include({ type: 'error', code: 'validation_failed' });
      const elsewhere = await ask({ ...command, chat_id: other });
      expect(elsewhere, command.type).to.include({ type: 'error', code: 'chat_not_found' });
    }
    expect(await ask({ type: 'ping', chat_id: other })).to.include({ code: 'chat_not_found' });
  });

  it('counts as present in all its chats, once for each user', async () => {
    const watcher = await live(app, first, ben);
    const { client } = await open();
    expect(await watcher.nextOf('user_joined')).to.include({ user_id: ada.userId, chat_id: first });
    const own = await live(app, second, ada);
    expect(app.services.realtime.stats()).to.include({ totalConnections: 3, onlineUsers: 2 });
    client.send({ type: 'typing', chat_id: first, content: 'start' });
    expect(await watcher.nextOf('typing_started')).to.include({ user_id: ada.userId });
    await client.close();
    await watcher.nextOf('typing_stopped');
    await watcher.nextOf('user_left');
    const { body } = await rest(app, ben, 'GET', `/ws/chat/${second}/online`);
    expect((body['online_users'] as Frame[]).map(({ id }) => id)).to.deep.equal([ada.userId]);
    await own.close();
  });

  it('reads on from a vector of revs: each chat what it missed, nothing for those without', async () => {
    for (const text of ['a', 'b']) await say(second, text);
    const { client } = await open();
    client.send({ type: 'resume', id: 7, chats: { [first]: 1, [second]: 2, 999999: 4 }, epoch });
    const end = await client.next(({ type, id }) => type === 'inbox_ready' && id === 7);
    expect(durable(client).map(({ chat_id, rev }) => [chat_id, rev])).to.deep.equal([[second, 3]]);
    expect(client.frames.filter(({ type }) => type === 'ready').map(({ chat_id }) => chat_id)).to.deep.equal([second]);
    expect(await client.nextOf('chat_removed')).to.include({ chat_id: 999_999 });
    expect(end['revs']).to.deep.equal({ [first]: 1, [second]: 3 });
  });

  it('bounds a vector in all: the chats beyond have to be read afresh, and are live all the same', async () => {
    for (let index = 0; index < 4; index += 1) {
      await say(first, `one ${index}`);
      await say(second, `two ${index}`);
    }
    const { client } = await open();
    client.send({ type: 'resume', id: 1, chats: { [first]: 1, [second]: 1 }, epoch });
    await client.next(({ type, id }) => type === 'inbox_ready' && id === 1);
    expect(durable(client)).to.have.length(4);
    expect(await client.nextOf('resync_required')).to.include({ chat_id: second, reason: 'too_large', rev: 5 });
    await say(second, 'live');
    expect(await client.next(saying('live'))).to.include({ rev: 6 });
    client.send({ type: 'resume', id: 2, chats: { [first]: 9, [second]: 1 }, epoch: 'of-a-backup' });
    await client.next(({ type, id }) => type === 'inbox_ready' && id === 2);
    const others = client.frames.filter(({ reason }) => reason === 'other_epoch');
    expect(others.map(({ chat_id }) => chat_id)).to.deep.equal([first, second]);
  });

  it('refuses vectors that are none', async () => {
    const { client } = await open();
    const many = Object.fromEntries(Array.from({ length: 501 }, (_, index) => [index + 1, 0]));
    const wrong = [
      'x',
      [],
      null,
      5,
      { a: 1 },
      { 0: 1 },
      { '01': 1 },
      { 1: '1' },
      { 1: -1 },
      { 1: 1.5 },
      { 1: null },
      many,
    ];
    for (const chats of wrong) {
      client.send({ type: 'resume', chats, id: 'w' });
      expect(await client.nextOf('error'), JSON.stringify(chats).slice(0, 40)).to.include({
        code: 'validation_failed',
      });
    }
    client.send('{"type":"resume","id":"w","chats":{"__proto__":1}}');
    expect(await client.nextOf('error')).to.include({ code: 'validation_failed' });
    client.send({ type: 'resume', id: 'w', chats: {}, chat_id: first });
    expect(await client.nextOf('error')).to.include({ code: 'validation_failed' });
  });

  it('hears of chats that come up and go, and nothing of one that has gone (I8)', async () => {
    const { client } = await open();
    const third = await groupOf(app, [ben, ada]);
    expect(await client.nextOf('chat_added')).to.include({ chat_id: third, rev: 1 });
    await say(third, 'welcome');
    await client.next(saying('welcome'));
    await app.services.participants.remove(ben, third, ada.userId);
    expect(await client.nextOf('chat_removed')).to.include({ chat_id: third, rev: 3 });
    await say(third, 'secret');
    await say(first, 'last');
    await client.next(saying('last'));
    const ofThird = client.frames.filter(({ chat_id }) => chat_id === third).map(({ type }) => type);
    expect(ofThird.slice(-2)).to.deep.equal(['participant_removed', 'chat_removed']);
    expect(client.frames.some(saying('secret'))).to.equal(false);
    await app.services.participants.add(ben, third, [ada.userId]);
    expect(await client.nextOf('chat_added')).to.include({ chat_id: third, rev: 5 });
    await say(third, 'again');
    expect(await client.next(saying('again'))).to.include({ rev: 6 });
  });

  it('hears of a first direct chat, and of a hidden one that comes back', async () => {
    const { client } = await open();
    const { view } = await app.services.chats.create(cleo, {
      type: 'direct',
      name: null,
      participantIds: [ada.userId],
    });
    expect(await client.nextOf('chat_added')).to.include({ chat_id: view.chat.id });
    await say(view.chat.id, 'hello', cleo);
    await client.next(saying('hello'));
    await app.services.participants.leave(ada, view.chat.id);
    await say(view.chat.id, 'are you there', cleo);
    expect(await client.next(saying('are you there'))).to.include({ chat_id: view.chat.id });
  });

  it('finds out by itself when the event of a removal is lost', async () => {
    const { client } = await open();
    broker.loses = ({ type }) => type === 'participant_removed';
    await app.services.participants.remove(ben, first, ada.userId);
    expect(await client.nextOf('participant_removed')).to.include({ chat_id: first });
    expect(await client.nextOf('chat_removed')).to.include({ chat_id: first });
    await say(first, 'secret');
    await say(second, 'last');
    await client.next(saying('last'));
    expect(client.frames.some(saying('secret'))).to.equal(false);
  });

  it('tells by heartbeats where each chat is', async () => {
    const { client } = await open();
    await say(first, 'one');
    const beat = await client.nextOf('heartbeat', 10_000);
    expect(beat['revs']).to.deep.equal({ [first]: 2, [second]: 1 });
    expect(beat).to.include({ epoch });
  }).timeout(12_000);

  it('closes for a bad token and a since_rev in its address', async () => {
    expect((await (await connect(`${app.wsUrl}?token=wrong`)).closed).code).to.equal(4001);
    expect((await (await connect(`${app.wsUrl}?token=${ada.token}&since_rev=1`)).closed).code).to.equal(4400);
  });
});
