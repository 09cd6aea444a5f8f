import { expect } from 'chai';
import type { Clock } from '../../../src/ports/clock.js';
import type { SentMessage } from '../../../src/services/services.js';
import { startTestApp, type TestApp } from '../../helpers/app.js';
import { connect, dropSockets } from '../../helpers/ws-client.js';
import { groupOf, live, people, until, type Person } from './fixtures.js';

/** Real time that the test can hold. */
class HeldClock implements Clock {
  private heldAt: number | null = null;
  now(): number {
    return Date.now();
  }
  monotonic(): number {
    return this.heldAt ?? performance.now();
  }
  hold(): void {
    this.heldAt = performance.now();
  }
  release(): void {
    this.heldAt = null;
  }
}

describe('sockets: graceful stop', () => {
  const clock = new HeldClock();
  let app: TestApp;
  let release: () => void;
  let sending: number;
  let stopped: Promise<void> | null;

  /** The test or what cleans up after it, whichever comes first. */
  function stop(): Promise<void> {
    return (stopped ??= app.stop());
  }

  beforeEach(async () => {
    sending = 0;
    stopped = null;
    release = () => undefined;
    app = await startTestApp({
      clock,
      wrapServices: (services) => ({
        ...services,
        messages: {
          ...services.messages,
          async send(actor, input): Promise<SentMessage> {
            sending += 1;
            if (input.content === 'held') await new Promise<void>((resolve) => (release = resolve));
            return services.messages.send(actor, input);
          },
        },
      }),
    });
  });
  afterEach(async () => {
    clock.release();
    release();
    dropSockets();
    await stop();
  });

  it('acknowledges what is in flight, then closes every socket with 1012', async () => {
    const [ada, ben] = (await people(app, 2)) as [Person, Person];
    const chatId = await groupOf(app, [ada, ben]);
    const [a, b] = [await live(app, chatId, ada), await live(app, chatId, ben)];
    a.send({ type: 'message', content: 'held', id: 'last' });
    await until(() => sending === 1, 'the send has begun');
    const finished = stop();
    b.send({ type: 'message', content: 'too late', id: 'late' });
    expect(await b.next((frame) => frame['id'] === 'late')).to.include({ type: 'error', code: 'shutting_down' });
    release();
    expect(await a.next((frame) => frame['id'] === 'last')).to.include({ type: 'ack', seq: 1 });
    for (const client of [a, b]) expect((await client.closed).code).to.equal(1012);
    await finished;
    const refused = await connect(`${app.wsUrl}/${chatId}?token=${ada.token}`).then(
      () => 'connected',
      () => 'refused',
    );
    expect(refused).to.equal('refused');
  });

  it('closes many sockets bit by bit, and takes no command of those that are left', async () => {
    const [ada] = (await people(app, 1)) as [Person];
    const chatId = await groupOf(app, [ada, ...(await people(app, 1))]);
    const clients = await Promise.all(Array.from({ length: 255 }, () => live(app, chatId, ada)));
    const last = await live(app, chatId, ada);
    const codes: number[] = [];
    for (const client of [...clients, last]) void client.closed.then(({ code }) => codes.push(code));
    clock.hold();
    const finished = stop();
    await until(() => codes.length === 250, 'the first slice is closed');
    last.send({ type: 'message', content: 'too late', id: 'late' });
    expect(await last.next((frame) => frame['id'] === 'late')).to.include({ type: 'error', code: 'shutting_down' });
    expect(codes).to.have.length(250);
    clock.release();
    await finished;
    await until(() => codes.length === 256, 'all are closed');
    expect(new Set(codes)).to.deep.equal(new Set([1012]));
  });
});
