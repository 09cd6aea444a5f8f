import { expect } from 'chai';
import { startTestApp, type TestApp } from '../../helpers/app.js';
import { dropSockets } from '../../helpers/ws-client.js';
import { groupOf, live, people, type Person } from './fixtures.js';
import {
  BINARY,
  CLOSE,
  closeFrame,
  CONTINUATION,
  dropRaw,
  PING,
  rawConnect,
  rawFrame,
  TEXT,
  upgradeRequest,
} from './raw-client.js';

const MESSAGE = '{"type":"message","content":"must not be stored"}';

describe('sockets: the wire', () => {
  let app: TestApp;
  let ada: Person;
  let chatId: number;
  let path: string;

  before(async () => {
    app = await startTestApp();
    const [first, second] = (await people(app, 2)) as [Person, Person];
    ada = first;
    chatId = await groupOf(app, [ada, second]);
    path = `/api/v1/ws/${chatId}?token=${ada.token}`;
  });
  afterEach(() => {
    dropSockets();
    dropRaw();
  });
  after(() => app.stop());

  const port = (): number => Number(new URL(app.url).port);

  async function statusOf(request: string): Promise<number> {
    const client = await rawConnect(port());
    client.write(request);
    const status = await client.status;
    client.destroy();
    return status;
  }

  const handshakes: Record<string, readonly [Record<string, string | null>, string?]> = {
    'another version': [{ 'Sec-WebSocket-Version': '8' }],
    'no version': [{ 'Sec-WebSocket-Version': null }],
    'a short key': [{ 'Sec-WebSocket-Key': 'c2hvcnQ=' }],
    'no key': [{ 'Sec-WebSocket-Key': null }],
    'no Upgrade header': [{ Upgrade: null }],
    'another protocol to upgrade to': [{ Upgrade: 'h2c' }],
    'a POST': [{}, 'POST'],
  };
  for (const [name, [headers, method]] of Object.entries(handshakes)) {
    it(`a handshake with ${name} is refused and not upgraded`, async () => {
      const status = await statusOf(upgradeRequest(path, headers, method));
      expect(status).to.be.within(400, 426);
    });
  }

  it('unknown extensions and subprotocols are ignored, header names have no case', async () => {
    expect(await statusOf(upgradeRequest(path, { 'Sec-WebSocket-Extensions': 'x-unknown; a=1' }))).to.equal(101);
    expect(await statusOf(upgradeRequest(path, { 'Sec-WebSocket-Protocol': 'chat, soap' }))).to.equal(101);
    expect(await statusOf(upgradeRequest(path, { Upgrade: 'WebSocket', Connection: 'keep-alive, upgrade' }))).to.equal(
      101,
    );
  });

  const closing: Record<string, readonly Buffer[]> = {
    'ill-formed UTF-8': [rawFrame(TEXT, Buffer.from([0x7b, 0xff, 0x7d]))],
    'UTF-8 that is cut off': [rawFrame(TEXT, Buffer.from([0x22, 0xf0, 0x9d, 0x84]))],
    'a surrogate in UTF-8': [rawFrame(TEXT, Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]))],
    'a reserved bit': [rawFrame(TEXT, MESSAGE, { rsv: 4 })],
    'a reserved opcode': [rawFrame(3, MESSAGE)],
    'a continuation of nothing': [rawFrame(CONTINUATION, MESSAGE)],
    'a new message inside a fragmented one': [rawFrame(TEXT, '{"type":', { fin: false }), rawFrame(TEXT, MESSAGE)],
    'a control frame that is too long': [rawFrame(PING, 'x'.repeat(126))],
    'a fragmented control frame': [rawFrame(PING, 'x', { fin: false })],
    'a close code that may not be sent': [closeFrame(1005)],
    'a close payload of one byte': [rawFrame(CLOSE, 'x')],
    'half a frame and then the end': [rawFrame(TEXT, MESSAGE).subarray(0, 20), closeFrame(1000)],
  };
  for (const [name, frames] of Object.entries(closing)) {
    it(`ends only the socket that sends ${name}`, async () => {
      const witness = await live(app, chatId, ada);
      const before = await app.services.messages.page(ada, chatId, { page: 1, limit: 1 });
      const client = await rawConnect(port());
      await client.upgrade(path);
      client.write(rawFrame(TEXT, '{"type":"ping"}'));
      await client.text((text) => text.includes('"pong"'));
      for (const frame of frames) client.write(frame);
      if (name.startsWith('half a frame')) client.destroy();
      const { closeCode } = await client.ended;
      // uWebSockets.js answers a close frame that is wrong with an empty one, and drops the connection for the rest.
      expect(closeCode).to.be.oneOf([null, 1002, 1005, 1007]);
      expect(await witness.sync()).to.include({ type: 'pong' });
      const after = await app.services.messages.page(ada, chatId, { page: 1, limit: 1 });
      expect(after.total).to.equal(before.total);
    });
  }

  it('never takes an unmasked frame for a command', async () => {
    const before = await app.services.messages.page(ada, chatId, { page: 1, limit: 1 });
    const client = await rawConnect(port());
    await client.upgrade(path);
    // uWebSockets.js reads the first bytes as the mask: what it then sees is no message of anybody's.
    const frame = rawFrame(TEXT, MESSAGE, { masked: false });
    client.write(Buffer.concat([frame, frame]));
    await Promise.race([client.ended, client.text((text) => text.includes('"error"')).catch(() => undefined)]);
    const after = await app.services.messages.page(ada, chatId, { page: 1, limit: 1 });
    expect(after.total).to.equal(before.total);
  });

  it('answers a binary frame with an error and goes on', async () => {
    const client = await rawConnect(port());
    await client.upgrade(path);
    client.write(rawFrame(BINARY, MESSAGE));
    expect(await client.text((text) => text.includes('"error"'))).to.include('invalid_json');
    client.write(rawFrame(TEXT, '{"type":"ping"}'));
    await client.text((text) => text.includes('"pong"'));
  });

  it('reads frames that come byte by byte, and many that come at once', async () => {
    const client = await rawConnect(port());
    await client.upgrade(path);
    const slow = rawFrame(TEXT, '{"type":"ping","id":"slow"}');
    for (const byte of slow) {
      client.write(Buffer.from([byte]));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await client.text((text) => text.includes('"slow"'));
    client.write(Buffer.concat(Array.from({ length: 100 }, (_, id) => rawFrame(TEXT, `{"type":"ping","id":${id}}`))));
    await client.text((text) => text.includes('"id":99'));
  });
});
