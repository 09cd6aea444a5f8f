import { expect } from 'chai';
import { startTestApp, type TestApp } from '../../helpers/app.js';
import { dropSockets, type SocketClient } from '../../helpers/ws-client.js';
import { ManualTicker } from '../../unit/ws/fakes.js';
import { groupOf, live, people, rest, type Person } from './fixtures.js';
import { dropRaw, PING, rawConnect, rawFrame, TEXT, type RawClient } from './raw-client.js';

const PONG = 10;
const FULL = 'x'.repeat(125);
/** What a peer may flood with, a frame of it. */
const FLOODS: Readonly<Record<string, Buffer>> = {
  pings: rawFrame(PING, FULL),
  'pongs that nobody asked for': rawFrame(PONG, FULL),
  'empty text frames': rawFrame(TEXT, ''),
};

for (const listener of ['uws', 'node']) {
  describe(`sockets, ${listener}: frames that carry no command`, function () {
    this.timeout(60_000);
    let app: TestApp;
    let ada: Person;
    let other: SocketClient;
    let raw: RawClient;

    async function start(env: Readonly<Record<string, string>>, ticker?: ManualTicker): Promise<void> {
      app = await startTestApp({ env: { LISTENER: listener, ...env }, ...(ticker === undefined ? {} : { ticker }) });
      const [first, second] = (await people(app, 2)) as [Person, Person];
      ada = first;
      const chatId = await groupOf(app, [first, second]);
      other = await live(app, chatId, second);
      raw = await rawConnect(Number(new URL(app.url).port));
      await raw.upgrade(`/api/v1/ws/${chatId}?token=${first.token}`);
    }
    afterEach(async () => {
      dropSockets();
      dropRaw();
      await app.stop();
    });

    const closes = (): object => app.services.realtime.stats().closes;
    const isClosed = (): boolean => Object.keys(closes()).length > 0;

    for (const [name, frame] of Object.entries(FLOODS)) {
      it(`close with 4429 above the rate: ${name}`, async () => {
        await start({ FRAMES_PER_SECOND: '20' });
        const lines = app.logs.length;
        raw.write(Buffer.concat(Array<Buffer>(1_000).fill(frame)));
        expect((await raw.ended).closeCode).to.equal(4429);
        expect(closes()).to.deep.equal({ too_many: 1 });
        expect(app.logs.length - lines, 'lines for a thousand frames').to.be.at.most(5);
        expect(await other.sync()).to.include({ type: 'pong' });
      });

      it(`are no sign that their sender reads: ${name} and nothing else is closed with 4408 within 30 s`, async () => {
        const ticker = new ManualTicker();
        await start({ HEARTBEAT_SECONDS: '0' }, ticker);
        raw.pause();
        let ticks = 0;
        for (; !isClosed() && ticks <= 120; ticks += 1) {
          raw.write(frame);
          await other.sync();
          ticker.tick();
        }
        expect(closes()).to.deep.equal({ slow_reader: 1 });
        expect(ticks, 'quarters of a second').to.be.below(120);
      });
    }

    it('close with 4408 once too many answers wait, which queued_bytes tells, and with no limit on frames', async () => {
      await start({ SOCKET_QUEUE_BYTES: '262144', SLOW_READER_SECONDS: '1', HEARTBEAT_SECONDS: '0' });
      raw.pause();
      const pings = Buffer.concat(Array<Buffer>(500).fill(rawFrame(PING, FULL)));
      let most = 0;
      for (let written = 0; !isClosed() && written < 100_000_000; written += pings.byteLength) {
        raw.write(pings);
        const { body } = await rest(app, ada, 'GET', '/ws/stats');
        most = Math.max(most, (body['queued_bytes'] as { max: number }).max);
      }
      expect(closes()).to.deep.equal({ slow_reader: 1 });
      expect(most).to.be.within(1, 262_144 + 1_024);
      expect(await other.sync()).to.include({ type: 'pong' });
    });
  });
}
