import { expect } from 'chai';
import type { Clock } from '../../../src/ports/clock.js';
import { systemClock } from '../../../src/telemetry/clock.js';
import { startTestApp, type TestApp } from '../../helpers/app.js';
import { TestClient } from '../../helpers/client.js';
import { connect, dropSockets, type Frame, type SocketClient } from '../../helpers/ws-client.js';
import { groupOf, live, people, type Person } from './fixtures.js';

for (const listener of ['uws', 'node'] as const) {
  describe(`sockets: what one account may have done in a time (${listener})`, () => {
    let app: TestApp;
    let ada: Person;
    let ben: Person;
    let chatId: number;
    let skipped: number;
    const clock: Clock = {
      now: () => systemClock.now() + skipped,
      monotonic: () => systemClock.monotonic() + skipped,
    };

    async function start(env: Readonly<Record<string, string>>): Promise<void> {
      skipped = 0;
      app = await startTestApp({ env: { LISTENER: listener, ...env }, clock });
      [ada, ben] = (await people(app, 2)) as [Person, Person];
      chatId = await groupOf(app, [ada, ben]);
    }
    afterEach(async () => {
      dropSockets();
      await app.stop();
    });

    let ids = 0;
    function ask(client: SocketClient, command: object): Promise<Frame> {
      ids += 1;
      const id = `ask-${ids}`;
      client.send({ ...command, id });
      return client.next((frame) => frame['id'] === id);
    }
    const say = (client: SocketClient, content = 'hello', client_message_id?: string): Promise<Frame> =>
      ask(client, { type: 'message', content, ...(client_message_id === undefined ? {} : { client_message_id }) });
    const rest = (person: Person) =>
      new TestClient(app.url).as(person).post('/messages', { chat_id: chatId, content: 'by REST' });

    it('is one share for all sockets and REST, told with the time to wait', async () => {
      await start({ RATE_SEND: '3/1m' });
      const [one, two] = [await live(app, chatId, ada), await live(app, chatId, ada)];
      expect(await say(one)).to.include({ type: 'ack' });
      expect(await say(two)).to.include({ type: 'ack' });
      expect((await rest(ada)).status).to.equal(201);

      const refused = await say(one, 'later', 'key-1');
      expect(refused).to.include({ type: 'error', code: 'rate_limited' });
      expect(refused['retry_after']).to.be.within(50, 60);
      expect((await rest(ada)).status).to.equal(429);
      expect((await rest(ben)).status).to.equal(201);

      skipped += 1_000 * Number(refused['retry_after']);
      expect(await say(one, 'later', 'key-1')).to.include({ type: 'ack', duplicate: false });
      expect(await say(two, 'later', 'key-1')).to.include({ type: 'ack', duplicate: true });
    });

    it('counts the bytes of messages', async () => {
      await start({ RATE_SEND: '100KB/1m' });
      const client = await live(app, chatId, ada);
      const long = '\u{1F600}'.repeat(10_000);
      expect(await say(client, long)).to.include({ type: 'ack' });
      expect(await say(client, long)).to.include({ type: 'ack' });
      expect(await say(client, long)).to.include({ type: 'error', code: 'rate_limited' });
      expect(await say(client)).to.include({ type: 'ack' });
    });

    it('is taken from for marks, typing, resumes and new sockets; pings are free', async () => {
      await start({ RATE_READ: '2/1m', RATE_CHANGES: '3/1m' });
      const client = await live(app, chatId, ada);
      const resume = { type: 'resume', since_rev: 0 };
      expect(await ask(client, { type: 'read', seq: 0 })).to.include({ type: 'ack' });
      client.send({ type: 'typing', content: 'start' });
      expect(await ask(client, { type: 'read', seq: 0 })).to.include({ code: 'rate_limited' });
      expect(await ask(client, { type: 'typing', content: 'stop' })).to.include({ code: 'rate_limited' });
      expect(await ask(client, resume)).to.include({ type: 'ready' });
      expect(await ask(client, resume)).to.include({ type: 'ready' });
      expect(await ask(client, resume)).to.include({ code: 'rate_limited' });
      for (let count = 0; count < 20; count += 1) await client.sync();

      const late = await connect(`${app.wsUrl}/${chatId}?token=${ada.token}`);
      expect((await late.closed).code).to.equal(4429);
      await live(app, chatId, ben);
      skipped += 60_000;
      expect(await ask(client, resume)).to.include({ type: 'ready' });
      await live(app, chatId, ada);
    });

    it('by default lets a socket send as fast as its frames may come', async () => {
      await start({ RATE_SEND: '', FRAMES_PER_SECOND: '' });
      const client = await live(app, chatId, ada);
      // Two seconds' worth, of which the socket has used one for the question whether it is live.
      const answers = await Promise.all(Array.from({ length: 99 }, (_, n) => say(client, `message ${n}`)));
      expect(answers.filter(({ type }) => type !== 'ack')).to.deep.equal([]);
    });
  });
}
