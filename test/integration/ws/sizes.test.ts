import { expect } from 'chai';
import { LIMITS } from '../../../src/protocol/limits.js';
import { startTestApp, type TestApp } from '../../helpers/app.js';
import { dropSockets, type Frame, type SocketClient } from '../../helpers/ws-client.js';
import { groupOf, live, people, type Person } from './fixtures.js';
import { CONTINUATION, dropRaw, rawConnect, rawFrame, TEXT, type RawClient } from './raw-client.js';

const FULL = LIMITS.messageLength;

describe('sockets: sizes', () => {
  let app: TestApp;
  let ada: Person;
  let chatId: number;
  let witness: SocketClient;

  before(async () => {
    app = await startTestApp();
    const [first, second] = (await people(app, 2)) as [Person, Person];
    ada = first;
    chatId = await groupOf(app, [ada, second]);
  });
  beforeEach(async () => {
    witness = await live(app, chatId, ada);
  });
  afterEach(async () => {
    // Whatever happened to the other socket: this one lives.
    expect(await witness.sync()).to.include({ type: 'pong' });
    dropSockets();
    dropRaw();
  });
  after(() => app.stop());

  async function raw(): Promise<RawClient> {
    const client = await rawConnect(Number(new URL(app.url).port));
    await client.upgrade(`/api/v1/ws/${chatId}?token=${ada.token}`);
    client.write(rawFrame(TEXT, '{"type":"ping"}'));
    await client.text((text) => text.includes('"pong"'));
    return client;
  }

  /** A legal message frame of exactly this many bytes: JSON allows white space. */
  function padded(bytes: number): string {
    const frame = '{"type":"message","content":"padded"}';
    return frame + ' '.repeat(bytes - frame.length);
  }

  const contents: Record<string, string> = {
    ASCII: 'a'.repeat(FULL),
    CJK: '漢'.repeat(FULL),
    astral: '𝄞'.repeat(FULL),
  };
  for (const [name, content] of Object.entries(contents)) {
    it(`10,000 code points of ${name} are accepted, one more is not`, async () => {
      const socket = await live(app, chatId, ada);
      socket.send({ type: 'message', content });
      const event = await socket.nextOf('new_message');
      expect((event['message'] as Frame)['content']).to.equal(content);
      socket.send({ type: 'message', content: `${content}a` });
      expect(await socket.nextOf('error')).to.include({ code: 'validation_failed' });
    });
  }

  it('10,000 astral code points written as escapes are accepted', async () => {
    const socket = await live(app, chatId, ada);
    socket.send(`{"type":"message","content":"${'\\ud834\\udd1e'.repeat(FULL)}"}`);
    const event = await socket.nextOf('new_message');
    expect((event['message'] as Frame)['content']).to.equal('𝄞'.repeat(FULL));
    socket.send(`{"type":"message","content":"${'\\ud834\\udd1e'.repeat(FULL)}a"}`);
    expect(await socket.nextOf('error')).to.include({ code: 'validation_failed' });
  });

  it('a frame of the limit is read, one byte more closes with 1009', async () => {
    const socket = await live(app, chatId, ada);
    for (const bytes of [LIMITS.frameBytes - 1, LIMITS.frameBytes]) {
      socket.send(padded(bytes));
      expect(await socket.nextOf('ack')).to.include({ duplicate: false });
    }
    socket.send(padded(LIMITS.frameBytes + 1));
    expect((await socket.closed).code).to.be.oneOf([1009, 1006]);
  });

  it('a length beyond the limit is refused before the bytes come', async () => {
    const client = await raw();
    client.write(rawFrame(TEXT, 'x', { claim: 2 ** 40 }));
    expect((await client.ended).closeCode).to.be.oneOf([1009, null]);
  });

  it('a message in many fragments, empty ones among them, is one message', async () => {
    const client = await raw();
    const text = padded(2_000);
    client.write(rawFrame(TEXT, '', { fin: false }));
    for (let at = 0; at < text.length; at += 10) {
      client.write(rawFrame(CONTINUATION, text.slice(at, at + 10), { fin: false }));
      client.write(rawFrame(CONTINUATION, '', { fin: false }));
    }
    client.write(rawFrame(CONTINUATION, ''));
    expect(await client.text((reply) => reply.includes('"ack"'))).to.include('"duplicate":false');
  });

  it('a fragmented message without end is cut at the limit', async () => {
    const client = await raw();
    const ended = client.ended;
    let over = false;
    void ended.then(() => (over = true));
    client.write(rawFrame(TEXT, ' '.repeat(1_000), { fin: false }));
    let written = 0;
    while (!over && written < 64 * LIMITS.frameBytes) {
      client.write(rawFrame(CONTINUATION, ' '.repeat(16_000), { fin: false }));
      written += 16_000;
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect((await ended).closeCode).to.be.oneOf([1009, null]);
    expect(written).to.be.below(64 * LIMITS.frameBytes);
  });
});
