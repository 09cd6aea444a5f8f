import { expect } from 'chai';
import { startTestApp, type TestApp } from '../../helpers/app.js';
import { connect, dropSockets, type SocketClient } from '../../helpers/ws-client.js';
import { durable, groupOf, live, people, rest, until, type Person } from './fixtures.js';

const READERS = 50;
const MESSAGES = 1_200;
const CONTENT = 'x'.repeat(9_000);

describe('sockets: slow readers', () => {
  let app: TestApp;
  afterEach(async () => {
    dropSockets();
    await app.stop();
  });

  it('closes one that stalls with 4408, while fifty others get everything; it resumes completely', async () => {
    app = await startTestApp({ env: { SLOW_READER_SECONDS: '3', RESUME_MAX_ITEMS: '100000' } });
    const [writer, reader, slow] = (await people(app, 3)) as [Person, Person, Person];
    const chatId = await groupOf(app, [writer, reader, slow]);
    const stalled = await live(app, chatId, slow);
    const readers = await Promise.all(Array.from({ length: READERS }, () => live(app, chatId, reader)));
    stalled.pause();
    let ended = false;
    // Some ten megabytes for each: more than all buffers on the way to the one that stalls.
    for (let index = 0; index < MESSAGES; index += 50) {
      const send = { chatId, content: CONTENT, messageType: 'text' as const, clientMessageId: null };
      await Promise.all(Array.from({ length: 50 }, () => app.services.messages.send(writer, send)));
    }
    const complete = (client: SocketClient): boolean => durable(client).length === MESSAGES;
    await until(() => readers.every(complete), 'all readers are complete', 30_000);
    await until(() => app.services.realtime.stats().closes.slow_reader === 1, 'the slow one is closed', 10_000);
    stalled.resume();
    void stalled.closed.then(() => (ended = true));
    await until(() => ended, 'the slow one hears of it');
    const { body } = await rest(app, writer, 'GET', '/ws/stats');
    expect(body).to.deep.include({ closes: { slow_reader: 1 }, total_connections: READERS });
    expect((body['queued_bytes'] as { max: number }).max).to.be.at.most(1_048_576);

    const held = durable(stalled);
    expect(held.map((frame) => frame['rev'])).to.deep.equal(held.map((_, index) => index + 2));
    const again = await connect(`${app.wsUrl}/${chatId}?token=${slow.token}&since_rev=${held.length + 1}`);
    const end = await again.nextOf('ready', 20_000);
    expect(end).to.include({ type: 'ready', rev: MESSAGES + 1 });
    expect(durable(again)).to.have.length(MESSAGES - held.length);
  }).timeout(90_000);
});
