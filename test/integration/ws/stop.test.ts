import { expect } from 'chai';
import type { SentMessage } from '../../../src/services/services.js';
import { startTestApp, type TestApp } from '../../helpers/app.js';
import { connect, dropSockets } from '../../helpers/ws-client.js';
import { groupOf, live, people, until, type Person } from './fixtures.js';

describe('sockets: graceful stop', () => {
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
});
