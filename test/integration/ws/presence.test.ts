import { expect } from 'chai';
import { startTestApp, type TestApp } from '../../helpers/app.js';
import { dropSockets, type SocketClient } from '../../helpers/ws-client.js';
import { groupOf, live, people, rest, until, type Person } from './fixtures.js';

describe('sockets: presence and typing', () => {
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
  afterEach(async () => {
    dropSockets();
    await until(() => app.services.realtime.stats().totalConnections === 0, 'all sockets gone');
  });
  after(() => app.stop());

  function about(client: SocketClient, person: Person): unknown[] {
    return client.frames.filter((frame) => frame['user_id'] === person.userId).map((frame) => frame['type']);
  }

  it('tells the others of a user’s first and last socket, never the user', async () => {
    const a = await live(app, chatId, ada);
    const first = await live(app, chatId, ben);
    const joined = await a.nextOf('user_joined');
    expect(joined).to.include({ chat_id: chatId, user_id: ben.userId, username: ben.username });
    expect(joined['timestamp']).to.match(/Z$/);
    expect(joined).not.to.have.property('rev');
    const second = await live(app, chatId, ben);
    await first.close();
    await a.sync();
    expect(about(a, ben)).to.deep.equal(['user_joined']);
    await second.close();
    expect(await a.nextOf('user_left')).to.include({ user_id: ben.userId });
    expect(about(a, ben)).to.deep.equal(['user_joined', 'user_left']);
    expect(about(second, ben)).to.deep.equal([]);
  });

  it('counts who is online, for members only', async () => {
    await live(app, chatId, ada);
    await live(app, chatId, ada);
    await live(app, chatId, ben);
    const stats = await rest(app, ada, 'GET', '/ws/stats');
    expect(stats.body).to.include({ online_users: 2, total_connections: 3 });
    const online = await rest(app, ada, 'GET', `/ws/chat/${chatId}/online`);
    expect(online.body).to.deep.equal({
      chat_id: chatId,
      online_users: [ada, ben].map(({ userId, username }) => ({ id: userId, username, full_name: null })),
      count: 2,
    });
    expect((await rest(app, cleo, 'GET', `/ws/chat/${chatId}/online`)).status).to.equal(404);
  });

  it('says that a removed member has left', async () => {
    const a = await live(app, chatId, ada);
    const b = await live(app, chatId, ben);
    await a.nextOf('user_joined');
    await app.services.participants.remove(ada, chatId, ben.userId);
    expect((await b.closed).code).to.equal(4003);
    await a.nextOf('user_left');
    expect(about(a, ben)).to.deep.equal(['user_joined', 'participant_removed', 'user_left']);
  });

  it('tells the others of typing, not the typist', async () => {
    const [a, b] = [await live(app, chatId, ada), await live(app, chatId, ben)];
    const again = await live(app, chatId, ada);
    a.send({ type: 'typing', chat_id: chatId, content: 'start' });
    expect(await b.nextOf('typing_started')).to.include({
      chat_id: chatId,
      user_id: ada.userId,
      username: ada.username,
    });
    a.send({ type: 'typing', content: 'stop' });
    expect(await b.nextOf('typing_stopped')).to.include({ chat_id: chatId, user_id: ada.userId });
    await Promise.all([a.sync(), again.sync()]);
    expect([...about(a, ada), ...about(again, ada)]).to.deep.equal([]);
  });

  it('ends typing on sending, by socket and by REST', async () => {
    const [a, b] = [await live(app, chatId, ada), await live(app, chatId, ben)];
    a.send({ type: 'typing', content: 'start' });
    await b.nextOf('typing_started');
    a.send({ type: 'message', content: 'typed' });
    await b.nextOf('typing_stopped');
    await b.nextOf('new_message');
    a.send({ type: 'typing', content: 'start' });
    await b.nextOf('typing_started');
    await rest(app, ada, 'POST', '/messages/', { chat_id: chatId, content: 'by REST' });
    await b.nextOf('typing_stopped');
  });

  it('ends typing on disconnect, before the user has left', async () => {
    const [b, a] = [await live(app, chatId, ben), await live(app, chatId, ada)];
    await b.nextOf('user_joined');
    a.send({ type: 'typing', content: 'start' });
    await b.nextOf('typing_started');
    await a.close();
    await b.nextOf('user_left');
    expect(about(b, ada)).to.deep.equal(['user_joined', 'typing_started', 'typing_stopped', 'user_left']);
  });

  it('ends typing by itself after six seconds', async () => {
    const [a, b] = [await live(app, chatId, ada), await live(app, chatId, ben)];
    const start = performance.now();
    a.send({ type: 'typing', content: 'start' });
    await b.nextOf('typing_started');
    await b.nextOf('typing_stopped', 9_000);
    expect(performance.now() - start).to.be.within(5_900, 8_000);
  });
});
