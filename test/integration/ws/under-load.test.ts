import { expect } from 'chai';
import type { ChatEvent } from '../../../src/domain/events.js';
import { startTestApp, type TestApp } from '../../helpers/app.js';
import { forgetfulBroker, type ForgetfulBroker } from '../../helpers/forgetful-broker.js';
import { createRandom } from '../../helpers/random.js';
import { connect, dropSockets, type SocketClient } from '../../helpers/ws-client.js';
import { durable, groupOf, people, until, type Person } from './fixtures.js';

const SENDS = 400;

/** What one client has of a chat, kept as docs/PROTOCOL.md tells it to; it counts what may never happen. */
class Reader {
  rev = 1;
  readonly seqs = new Set<number>();
  /** Messages that came more often than this connection asked for them. */
  repeats = 0;
  private isLive = false;
  /** From where this connection was asked to read on: each message above it comes once for it. */
  private asked: number[] = [];

  connected(): void {
    this.isLive = false;
    this.asked = [this.rev];
  }

  askedAgain(): void {
    this.asked.push(this.rev);
  }

  take(client: SocketClient): void {
    const times = new Map<number, number>();
    for (const frame of client.frames) {
      const { type, rev } = frame;
      if (typeof rev !== 'number') continue;
      if (type === 'ready' || type === 'caught_up') {
        this.rev = Math.max(this.rev, rev);
        this.isLive = true;
      }
      if (type !== 'new_message') continue;
      const { seq } = frame['message'] as { seq: number };
      times.set(seq, (times.get(seq) ?? 0) + 1);
      if ((times.get(seq) ?? 0) > this.asked.filter((since) => since < rev).length) this.repeats += 1;
      this.seqs.add(seq);
      if (this.isLive && rev === this.rev + 1) this.rev = rev;
    }
  }
}

describe('sockets: reading on under load', () => {
  let broker: ForgetfulBroker;
  let app: TestApp;
  let ada: Person;
  let ben: Person;
  let chatId: number;

  beforeEach(async () => {
    broker = forgetfulBroker();
    app = await startTestApp({ broker, env: { HEARTBEAT_SECONDS: '1' } });
    [ada, ben] = (await people(app, 2)) as [Person, Person];
    chatId = await groupOf(app, [ben, ada]);
  });
  afterEach(async () => {
    dropSockets();
    await app.stop();
  });

  const say = (index: number): Promise<unknown> =>
    app.services.messages.send(ben, { chatId, content: `text ${index}`, messageType: 'text', clientMessageId: null });

  async function pour(count: number): Promise<void> {
    for (let index = 0; index < count; index += 8) {
      await Promise.all(Array.from({ length: Math.min(8, count - index) }, (_, more) => say(index + more)));
    }
  }

  const open = (reader: Reader): Promise<SocketClient> => {
    reader.connected();
    return connect(
      `${app.wsUrl}/${chatId}?token=${ada.token}&since_rev=${reader.rev}&epoch=${app.services.realtime.epoch}`,
    );
  };

  it('leaves no gap and no repeat for clients that come, break off and resume while others write', async () => {
    const random = createRandom();
    let isPouring = true;
    const poured = pour(SENDS).then(() => (isPouring = false));
    const readers = [new Reader(), new Reader(), new Reader()];
    const lives = readers.map(async (reader) => {
      let rounds = 0;
      while (isPouring || rounds < 2) {
        rounds += 1;
        const client = await open(reader);
        const { length } = client.frames;
        if (random.below(3) > 0) await client.nextOf('ready');
        if (random.below(2) === 0) {
          reader.askedAgain();
          client.send({ type: 'resume', since_rev: reader.rev, id: 'more' });
        }
        await until(() => client.frames.length > length + random.below(60) || !isPouring, 'frames come');
        await client.close();
        reader.take(client);
      }
      const last = await open(reader);
      await poured;
      await last.nextOf('ready');
      await until(() => durable(last).at(-1)?.['rev'] === SENDS + 1 || reader.rev === SENDS + 1, 'the last one').catch(
        () => undefined,
      );
      await last.sync();
      reader.take(last);
    });
    await Promise.all(lives);
    for (const { rev, seqs, repeats } of readers) {
      expect(repeats, `seed ${random.seed}`).to.equal(0);
      expect(rev, `seed ${random.seed}`).to.equal(SENDS + 1);
      expect(seqs.size, `seed ${random.seed}`).to.equal(SENDS);
    }
  }).timeout(60_000);

  it('delivers everything though every second event is lost, and the last one before a silence', async () => {
    const random = createRandom();
    const isMessage = ({ type }: ChatEvent | { type: string }): boolean => type === 'new_message';
    broker.loses = (event) => isMessage(event) && random.below(2) === 0;
    const reader = new Reader();
    const client = await open(reader);
    await client.nextOf('ready');
    await pour(200);
    broker.loses = isMessage;
    await say(200);
    const arrived = (): number => durable(client).length;
    await until(() => arrived() === 201, `all arrive (seed ${random.seed}), there are ${arrived()}`);
    reader.take(client);
    expect([reader.rev, reader.seqs.size, reader.repeats]).to.deep.equal([202, 201, 0]);
    expect(app.services.realtime.stats().gapFills).to.be.above(0);
  }).timeout(20_000);

  it('delivers what is in the database and nothing else, however events are doubled, crossed and forged', async () => {
    const random = createRandom();
    broker.garble = (events) => {
      const forged = events.flatMap((event): ChatEvent[] => {
        if (event.type !== 'new_message') return [];
        const message = { ...event.message, content: 'forged' };
        return [
          { ...event, rev: event.rev + 1_000, message },
          { ...event, chatId: 999_999, message },
        ];
      });
      return [...events, ...events, ...forged].sort(() => random.below(3) - 1);
    };
    const reader = new Reader();
    const client = await open(reader);
    await client.nextOf('ready');
    await pour(100);
    await until(() => durable(client).length >= 100, `all arrive (seed ${random.seed})`);
    await client.sync();
    reader.take(client);
    expect(durable(client)).to.have.length(100);
    expect([reader.rev, reader.seqs.size, reader.repeats]).to.deep.equal([101, 100, 0]);
    expect(JSON.stringify(client.frames)).not.to.include('forged');
  }).timeout(20_000);
});
