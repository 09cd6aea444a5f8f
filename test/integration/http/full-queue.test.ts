import { expect } from 'chai';
import { startTestApp, type TestApp } from '../../helpers/app.js';
import { TestClient } from '../../helpers/client.js';

describe('a send that does not fit into the queue of the writer', () => {
  let app: TestApp;
  let release: () => void = () => undefined;
  let held: Promise<void> | null = null;
  let onHeld: () => void = () => undefined;

  before(async () => {
    const failpoints = {
      hit(name: string): Promise<void> | void {
        if (name !== 'writer.before_ack' || held === null) return;
        onHeld();
        return held;
      },
    };
    app = await startTestApp({ failpoints, writerLimits: { queuedItems: 1 } });
  });
  after(async () => {
    release();
    await app.stop();
  });

  it('is answered 503 overloaded with the time to come back, and the others as ever', async () => {
    const client = new TestClient(app.url);
    const ada = client.as(await client.registerUser('ada'));
    const bob = await client.registerUser('bob');
    const group = { chat_type: 'group', name: 'full', participant_ids: [bob.id] };
    const chat = (await ada.post<{ id: number }>('/chats', group)).body.id;
    const send = (content: string) =>
      ada.post<{ code?: string; seq?: number }>('/messages', { chat_id: chat, content });

    held = new Promise((resolve) => {
      release = resolve;
    });
    const isHeld = new Promise<void>((resolve) => {
      onHeld = resolve;
    });
    const first = send('first');
    expect(await Promise.race([isHeld, first])).to.equal(undefined);
    // One of them waits behind the first; there is no room for the other.
    const both = [send('second'), send('third')];
    const refused = await Promise.race(both);
    expect(refused.status).to.equal(503);
    expect(refused.body.code).to.equal('overloaded');
    expect(refused.headers.get('retry-after')).to.equal('1');

    held = null;
    release();
    const answers = await Promise.all([first, ...both]);
    expect(answers.map(({ status }) => status).sort()).to.deep.equal([201, 201, 503]);
    expect((await send('again')).body.seq).to.equal(3);
  });
});
