import { expect } from 'chai';
import { startTestApp, type TestApp, type TestAppOptions } from '../../helpers/app.js';
import { dropSockets, type SocketClient } from '../../helpers/ws-client.js';
import { ManualTicker } from '../../unit/ws/fakes.js';
import { durable, groupOf, live, people, until, type Person } from './fixtures.js';
import { dropRaw, rawConnect, rawFrame, TEXT, type RawClient } from './raw-client.js';

describe('sockets: a peer that sends and never reads', () => {
  let app: TestApp;
  /** Reads everything. */
  let good: SocketClient;
  let deaf: RawClient;

  async function start(options: TestAppOptions): Promise<void> {
    app = await startTestApp(options);
    const [ada, ben] = (await people(app, 2)) as [Person, Person];
    const chatId = await groupOf(app, [ada, ben]);
    good = await live(app, chatId, ada);
    deaf = await rawConnect(Number(new URL(app.url).port));
    await deaf.upgrade(`/api/v1/ws/${chatId}?token=${ben.token}`);
    say({ type: 'ping', id: 'live' });
    await deaf.text((text) => text.includes('"live"'));
    deaf.pause();
  }
  afterEach(async () => {
    dropSockets();
    dropRaw();
    await app.stop();
  });

  const say = (...frames: readonly object[]): void =>
    deaf.write(Buffer.concat(frames.map((frame) => rawFrame(TEXT, JSON.stringify(frame)))));
  const closes = (): object => app.services.realtime.stats().closes;
  const isClosed = (): boolean => Object.keys(closes()).length > 0;

  it('is asked for a sign and closed with 4408 within 30 s, however little waits for it', async () => {
    const ticker = new ManualTicker();
    await start({ ticker });
    let ticks = 0;
    while (!isClosed() && ticks <= 120) {
      say({ type: 'ping' });
      // Its answer to a ping of the server is on its way before this.
      await good.sync();
      ticker.tick();
      ticks += 1;
    }
    expect(closes()).to.deep.equal({ slow_reader: 1 });
    expect(ticks, 'quarters of a second').to.be.below(120);
    deaf.resume();
    expect((await deaf.ended).closeCode).to.equal(4408);
    expect(await good.sync()).to.include({ type: 'pong' });
  });

  it('is closed with 4408 once too much waits for it, and who reads gets everything that it sent', async () => {
    await start({ env: { SOCKET_QUEUE_BYTES: '262144', SLOW_READER_SECONDS: '1' } });
    const message = { type: 'message', content: '𝄞'.repeat(10_000) };
    // 20 MB: more than the network's own buffers hold.
    for (let sent = 0; !isClosed() && sent < 500; sent += 20) {
      say(...Array<object>(20).fill(message));
      await until(() => isClosed() || durable(good).length >= sent + 20, 'the messages are there');
    }
    await until(isClosed, 'the deaf one is given up');
    expect(closes()).to.deep.equal({ slow_reader: 1 });
    deaf.resume();
    const { closeCode, texts } = await deaf.ended;
    // A close frame may come too late for a peer that was blocked; it then sees the connection end.
    expect(closeCode).to.be.oneOf([4408, null]);
    const revs = texts.map((text) => JSON.parse(text) as { type: string; rev: number });
    const held = revs.filter(({ type }) => type === 'new_message').map(({ rev }) => rev);
    await good.sync();
    expect(held.length).to.be.below(durable(good).length);
    const all = durable(good).map((frame) => frame['rev']);
    expect(held).to.deep.equal(all.slice(0, held.length));
  }).timeout(40_000);
});
