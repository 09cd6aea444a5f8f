import { expect } from 'chai';
import type { Clock } from '../../../src/ports/clock.js';
import { startTestApp, type TestApp } from '../../helpers/app.js';
import { connect, dropSockets } from '../../helpers/ws-client.js';
import { durable, groupOf, live, people, type Person } from './fixtures.js';

/** Real time plus what the test adds. */
class ShiftedClock implements Clock {
  offset = 0;
  now(): number {
    return Date.now() + this.offset;
  }
  monotonic(): number {
    return performance.now();
  }
}

describe('sockets: the end of a token', () => {
  const clock = new ShiftedClock();
  let app: TestApp;
  let ada: Person;
  let ben: Person;
  let chatId: number;

  beforeEach(async () => {
    clock.offset = 0;
    app = await startTestApp({ clock, env: { ACCESS_TOKEN_EXPIRE_MINUTES: '1' } });
    [ada, ben] = (await people(app, 2)) as [Person, Person];
    chatId = await groupOf(app, [ada, ben]);
  });
  afterEach(async () => {
    dropSockets();
    await app.stop();
  });

  /** Moves the clock to this many milliseconds before the end of the person's token. */
  function moveTo(person: Person, msBefore: number): void {
    clock.offset = person.expiresAt - msBefore - Date.now();
  }

  it('closes an idle socket with 4401 within a second', async () => {
    const client = await live(app, chatId, ada);
    moveTo(ada, 300);
    expect(await client.closed).to.deep.equal({ code: 4401, reason: 'Token expired' });
    expect(clock.now() - ada.expiresAt).to.be.within(0, 1_000);
  });

  it('closes a busy socket with 4401 and delivers nothing after the end', async () => {
    const client = await live(app, chatId, ada);
    moveTo(ada, 500);
    let over = false;
    const closed = client.closed.finally(() => (over = true));
    while (!over) {
      client.send({ type: 'ping' });
      await app.services.messages.send(ben, { chatId, content: 'x', messageType: 'text', clientMessageId: null });
      // Embedded storage answers within the turn: without a pause this loop would keep the timers from running.
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect((await closed).code).to.equal(4401);
    expect(clock.now() - ada.expiresAt).to.be.below(1_000);
    const late = [...durable(client), ...client.frames].filter(
      ({ timestamp }) => typeof timestamp === 'string' && Date.parse(timestamp) > ada.expiresAt,
    );
    expect(late).to.deep.equal([]);
  });

  it('refuses the token afterwards', async () => {
    moveTo(ada, -1);
    const client = await connect(`${app.wsUrl}/${chatId}?token=${ada.token}`);
    expect((await client.closed).code).to.equal(4001);
  });
});
