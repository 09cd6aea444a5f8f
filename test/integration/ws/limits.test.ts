import { expect } from 'chai';
import { startTestApp, type TestApp } from '../../helpers/app.js';
import { connect, dropSockets, type SocketClient } from '../../helpers/ws-client.js';
import { durable, groupOf, live, people, until, type Person } from './fixtures.js';

describe('sockets: limits', () => {
  let app: TestApp;
  let ada: Person;
  let ben: Person;
  let chatId: number;

  async function start(env: Readonly<Record<string, string>>): Promise<void> {
    app = await startTestApp({ env });
    [ada, ben] = (await people(app, 2)) as [Person, Person];
    chatId = await groupOf(app, [ada, ben]);
  }
  afterEach(async () => {
    dropSockets();
    await app.stop();
  });

  const say = (content: string): Promise<unknown> =>
    app.services.messages.send(ben, { chatId, content, messageType: 'text', clientMessageId: null });

  it('a flood of pings closes with 4429, the others go on', async () => {
    await start({ FRAMES_PER_SECOND: '20' });
    const [flood, other] = [await live(app, chatId, ada), await live(app, chatId, ben)];
    for (let count = 0; count < 1_000; count += 1) flood.send({ type: 'ping' });
    expect((await flood.closed).code).to.equal(4429);
    expect(flood.frames.length).to.be.below(60);
    expect(await other.sync()).to.include({ type: 'pong' });
  });

  it('a flood of typing closes with 4429', async () => {
    await start({ FRAMES_PER_SECOND: '20' });
    const [flood, other] = [await live(app, chatId, ada), await live(app, chatId, ben)];
    for (let count = 0; count < 1_000; count += 1)
      flood.send({ type: 'typing', content: count % 2 ? 'stop' : 'start' });
    expect((await flood.closed).code).to.equal(4429);
    await other.nextOf('user_left');
    expect(other.frames.filter((frame) => String(frame['type']).startsWith('typing')).length).to.be.below(60);
  });

  it('lets a steady sender below the rate go on', async () => {
    await start({ FRAMES_PER_SECOND: '1000' });
    const client = await live(app, chatId, ada);
    for (let count = 0; count < 300; count += 1) await client.sync();
    expect(client.frames.length).to.be.at.least(300);
  });

  it('bounds sockets per user with 4429, for that user only', async () => {
    await start({ SOCKETS_PER_USER: '2' });
    const first = await live(app, chatId, ada);
    await live(app, chatId, ada);
    const third = await connect(`${app.wsUrl}/${chatId}?token=${ada.token}`);
    expect((await third.closed).code).to.equal(4429);
    expect(await (await live(app, chatId, ben)).sync()).to.include({ type: 'pong' });
    await first.close();
    await until(() => app.services.realtime.stats().totalConnections === 2, 'the place is free');
    expect(await (await live(app, chatId, ada)).sync()).to.include({ type: 'pong' });
  });

  it('bounds sockets that have not authenticated, and frees the places', async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    app = await startTestApp({
      env: { UNAUTHENTICATED_SOCKETS: '4' },
      wrapServices: (services) => ({
        ...services,
        users: {
          ...services.users,
          async authenticate(token) {
            if (token === 'held') await held;
            return services.users.authenticate(token);
          },
        },
      }),
    });
    [ada, ben] = (await people(app, 2)) as [Person, Person];
    chatId = await groupOf(app, [ada, ben]);
    const waiting = await connect(`${app.wsUrl}/${chatId}?token=held`);
    const refused = await connect(`${app.wsUrl}/${chatId}?token=${ada.token}`);
    expect((await refused.closed).code).to.equal(4429);
    release();
    expect((await waiting.closed).code).to.equal(4001);
    expect(await (await live(app, chatId, ada)).sync()).to.include({ type: 'pong' });
  });

  it('closes a socket that cannot be authenticated in time', async () => {
    app = await startTestApp({
      env: { SOCKET_AUTHENTICATE_SECONDS: '1' },
      wrapServices: (services) => ({
        ...services,
        users: { ...services.users, authenticate: () => new Promise(() => undefined) },
      }),
    });
    const client = await connect(`${app.wsUrl}/1?token=x`);
    expect((await client.closed).code).to.equal(1011);
  });

  /** Sends until the server has given the reader up, but no more than `most` messages of 40 KB. */
  async function outrun(reader: SocketClient, other: SocketClient, most: number): Promise<number> {
    const content = '𝄞'.repeat(10_000);
    const isGone = (): boolean => app.services.realtime.stats().totalConnections === 1;
    let sent = 0;
    reader.pause();
    while (!isGone() && sent < most) {
      await Promise.all(Array.from({ length: 20 }, () => say(content)));
      sent += 20;
      // Embedded storage answers within the turn; delivery and timers need one of their own.
      await new Promise((resolve) => setImmediate(resolve));
    }
    await until(isGone, 'the slow reader is given up');
    for (let count = 0; count < sent; count += 1) await other.nextOf('new_message', 10_000);
    return sent;
  }

  function expectPrefix(reader: SocketClient): void {
    const revs = durable(reader).map((frame) => frame['rev'] as number);
    expect(revs).to.deep.equal(revs.map((_, index) => (revs[0] ?? 0) + index));
  }

  it('closes a reader that does not read with 4408 by bytes, while the others get everything', async function () {
    this.timeout(40_000);
    await start({ SOCKET_QUEUE_BYTES: '262144', SLOW_READER_SECONDS: '60' });
    const [reader, other] = [await live(app, chatId, ada), await live(app, chatId, ben)];
    const sent = await outrun(reader, other, 2_000);
    expect(app.logs.filter((line) => line.includes('a socket reads too slowly'))).to.have.length(1);
    reader.resume();
    // A close frame may come too late for a peer that was blocked; it then sees the connection end.
    expect((await reader.closed).code).to.be.oneOf([4408, 1006]);
    expectPrefix(reader);
    expect(durable(reader).length).to.be.below(sent);
  });

  it('closes a reader that does not read with 4408 by time, however little is queued', async function () {
    this.timeout(40_000);
    await start({ SOCKET_QUEUE_BYTES: '268435456', SLOW_READER_SECONDS: '1' });
    const [reader, other] = [await live(app, chatId, ada), await live(app, chatId, ben)];
    // 20 MB: more than the network's own buffers hold, and far less than the bound in bytes.
    await outrun(reader, other, 500);
    reader.resume();
    expect((await reader.closed).code).to.be.oneOf([4408, 1006]);
    expectPrefix(reader);
  });
});
