import { expect } from 'chai';
import { WebSocket } from 'ws';
import { startTestApp, type TestApp } from '../helpers/app.js';
import { connect, dropSockets, type Frame } from '../helpers/ws-client.js';
import { durable, groupOf, live, people, rest, until, type Person } from '../integration/ws/fixtures.js';
import { report, rounds } from './figures.js';

const READERS = 50;
/** Messages of one burst: less than a queue holds, so only who stalls is behind. */
const BURST = 20;
const CONTENT_BYTES = 9_000;
/** About 11 MB for each reader, more than all buffers on the way to one that stalls; or 100 MB. */
const MESSAGES = rounds(1_200, 11_120);
const CAP = 1_048_576;
/** Of chats without and with a reader that stalls: two, and more while neighbours on the machine keep them apart. */
const TURNS = { least: 2, most: 6 };
/** What a reader that stalls may add to the p99 of the others: this share, or as much as the clock and a collection add. */
const SHARE = 0.1;
const FLOOR_MS = 2;
/**
 * The process is the fifty readers' too: their garbage made turns differ by up to 49 MB. In the long form a queue without
 * a bound takes 100 MB; in the short one this holds what is kept once for each reader.
 */
const MEMORY_ALLOWANCE = 64 * 1_048_576;

/** Reads at once and keeps only what is judged. */
class FastReader {
  /** Of the last event; the group takes 1. */
  rev = 1;
  received = 0;
  holes = 0;
  private readonly socket: WebSocket;

  constructor(url: string, sentAt: ReadonlyMap<string, number>, ages: number[]) {
    this.socket = new WebSocket(url, { perMessageDeflate: false });
    this.socket.on('error', () => undefined);
    this.socket.on('message', (data: Buffer) => {
      const frame = JSON.parse(data.toString('utf8')) as Frame;
      if (frame['type'] !== 'new_message') return;
      const content = String((frame['message'] as Frame)['content']);
      ages.push(performance.now() - (sentAt.get(content.slice(0, content.indexOf(' '))) ?? NaN));
      if (frame['rev'] !== this.rev + 1) this.holes += 1;
      this.rev = Number(frame['rev']);
      this.received += 1;
    });
  }

  get isOpen(): boolean {
    return this.socket.readyState === WebSocket.OPEN;
  }

  async close(): Promise<void> {
    this.socket.close();
    await until(() => this.socket.readyState === WebSocket.CLOSED, 'a reader is closed');
  }
}

describe('one reader that stalls', function () {
  this.timeout(rounds(2, 20) * 60_000);
  let app: TestApp;
  let writer: Person;
  let reader: Person;
  let slow: Person;

  before(async () => {
    // Only the bytes may close it here: on a slow machine the default of 15 s is over before its queue is full.
    const env = { SOCKET_QUEUE_BYTES: String(CAP), SLOW_READER_SECONDS: '3600', RESUME_MAX_ITEMS: '100000' };
    app = await startTestApp({ env });
    [writer, reader, slow] = (await people(app, 3)) as [Person, Person, Person];
  });
  after(async () => {
    dropSockets();
    await app.stop();
  });

  /** Everybody fast is complete and in order; answers the p99 of the milliseconds from send to receipt. */
  async function pour(chatId: number, messages: number, sample: () => void): Promise<number> {
    const sentAt = new Map<string, number>();
    const ages: number[] = [];
    const url = `${app.wsUrl}/${chatId}?token=${reader.token}&since_rev=1`;
    const before = app.services.realtime.stats().totalConnections;
    const readers = Array.from({ length: READERS }, () => new FastReader(url, sentAt, ages));
    await until(() => app.services.realtime.stats().totalConnections === before + READERS, 'all readers are here');
    const padding = 'x'.repeat(CONTENT_BYTES);
    for (let sent = 0; sent < messages; sent += BURST) {
      const burst = Array.from({ length: BURST }, async (_, index) => {
        const name = `m${sent + index}`;
        sentAt.set(name, performance.now());
        const content = `${name} ${padding}`;
        await app.services.messages.send(writer, { chatId, content, messageType: 'text', clientMessageId: null });
        sample();
      });
      await Promise.all(burst);
      await until(() => readers.every(({ received }) => received === sent + BURST), 'the readers have a burst', 20_000);
    }
    for (const { rev, holes, isOpen } of readers) {
      expect({ rev, holes, isOpen }).to.deep.equal({ rev: messages + 1, holes: 0, isOpen: true });
    }
    await Promise.all(readers.map((one) => one.close()));
    ages.sort((x, y) => x - y);
    return ages[Math.ceil(ages.length * 0.99) - 1] ?? NaN;
  }

  /** The revs after `since`, as a client gets them that was away: on a socket, or over REST where that is too much. */
  async function readOn(chatId: number, since: number): Promise<{ readonly revs: number[]; readonly pages: number }> {
    const revs: number[] = [];
    let rev = since;
    for (let pages = 0; ;) {
      const again = await connect(`${app.wsUrl}/${chatId}?token=${slow.token}&since_rev=${rev}`);
      const end = await again.next(({ type }) => type === 'ready' || type === 'resync_required', 20_000);
      revs.push(...durable(again).map((frame) => Number(frame['rev'])));
      await again.close();
      if (end['type'] === 'ready') return { revs, pages };
      expect(end).to.include({ reason: 'too_large' });
      for (let isMore = true; isMore; pages += 1) {
        const { status, body } = await rest(app, slow, 'GET', `/chats/${chatId}/changes?since_rev=${rev}&limit=500`);
        expect(status).to.equal(200);
        revs.push(...(body['changes'] as Frame[]).map((frame) => Number(frame['rev'])));
        rev = Number(body['rev']);
        isMore = body['has_more'] === true;
      }
    }
  }

  interface Poured {
    /** Milliseconds. */
    readonly p99: number;
    /** Of the process, bytes. */
    readonly memory: number;
  }

  async function pourAlone(): Promise<Poured> {
    const memory = new Peak();
    const chatId = await groupOf(app, [writer, reader, slow]);
    const p99 = await pour(chatId, MESSAGES, () => memory.see(process.memoryUsage.rss()));
    return { p99, memory: memory.value };
  }

  /** The reader that stalls is closed at the bound, and afterwards gets the rest. */
  async function pourBeside(): Promise<
    Poured & { readonly queued: number; readonly samples: number; readonly pages: number }
  > {
    const chatId = await groupOf(app, [writer, reader, slow]);
    const stalled = await live(app, chatId, slow);
    stalled.pause();
    const [memory, queued] = [new Peak(), new Peak()];
    let samples = 0;
    const evicted = (): number => app.services.realtime.stats().closes.slow_reader ?? 0;
    const before = evicted();
    const p99 = await pour(chatId, MESSAGES, () => {
      queued.see(app.services.realtime.stats().queuedBytes.max);
      memory.see(process.memoryUsage.rss());
      if (evicted() === before) samples += 1;
    });
    expect(evicted()).to.equal(before + 1);
    expect(samples).to.be.greaterThan(BURST);
    expect(queued.value).to.be.within(CAP / 2, CAP);
    stalled.resume();
    expect((await stalled.closed).code).to.be.oneOf([4408, 1006]);

    const held = durable(stalled).map((frame) => Number(frame['rev']));
    const { revs, pages } = await readOn(chatId, held.at(-1) ?? 1);
    expect([...held, ...revs]).to.deep.equal(Array.from({ length: MESSAGES }, (_, index) => index + 2));
    return { p99, memory: memory.value, queued: queued.value, samples, pages };
  }

  it('is closed at the bound of its queue and resumes completely, while fifty others get everything in order and in time', async () => {
    // The first messages of a process are slower than all others, and its memory grows with them.
    await pour(await groupOf(app, [writer, reader, slow]), MESSAGES / 2, () => undefined);
    const alone: Poured[] = [];
    const beside: Awaited<ReturnType<typeof pourBeside>>[] = [];
    // Whatever else the machine does only adds, so the least of each kind is compared.
    const leastOf = (turns: readonly Poured[]): number => Math.min(...turns.map(({ p99 }) => p99));
    const isBelow = (floorMs: number): boolean => {
      const least = leastOf(alone);
      return leastOf(beside) <= least + Math.max(SHARE * least, floorMs);
    };
    while (beside.length < TURNS.least || (!isBelow(FLOOR_MS) && beside.length < TURNS.most)) {
      alone.push(await pourAlone());
      beside.push(await pourBeside());
    }
    const figures = {
      'p99 ms without': alone.map(({ p99 }) => p99.toFixed(1)).join(' '),
      'p99 ms with': beside.map(({ p99 }) => p99.toFixed(1)).join(' '),
      'memory without MB': alone.map(({ memory }) => Math.round(memory / 1e6)).join(' '),
      'memory with MB': beside.map(({ memory }) => Math.round(memory / 1e6)).join(' '),
    };
    const [{ samples, pages } = { samples: 0, pages: 0 }] = beside;
    const queued = Math.max(...beside.map((turn) => turn.queued));
    const bytes = MESSAGES * CONTENT_BYTES;
    report('slow reader', {
      readers: READERS,
      turns: beside.length,
      bytes,
      'peak queued': queued,
      samples,
      pages,
      ...figures,
    });
    // What turns without one differ by, in a run that has taken all of them, is no sign either.
    const noise = Math.max(...alone.map(({ p99 }) => p99)) - leastOf(alone);
    expect(isBelow(Math.max(FLOOR_MS, noise)), JSON.stringify(figures)).to.equal(true);
    const grown = Math.max(...beside.map(({ memory }, turn) => memory - (alone[turn]?.memory ?? 0)));
    expect(grown, JSON.stringify(figures)).to.be.at.most(CAP + MEMORY_ALLOWANCE);
  });
});

class Peak {
  value = 0;

  see(value: number): void {
    this.value = Math.max(this.value, value);
  }
}
