import { expect } from 'chai';
import { startTestApp, type TestApp } from '../../helpers/app.js';
import { dropSockets, type Frame, type SocketClient } from '../../helpers/ws-client.js';
import { groupOf, live, people, type Person } from './fixtures.js';

const INHERITED = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf'];

describe('sockets: bad input', () => {
  let app: TestApp;
  let ada: Person;
  let chatId: number;
  let otherChat: number;
  let socket: SocketClient;

  before(async () => {
    app = await startTestApp();
    const [first, second] = (await people(app, 2)) as [Person, Person];
    ada = first;
    chatId = await groupOf(app, [ada, second]);
    otherChat = await groupOf(app, [ada, second]);
  });
  beforeEach(async () => {
    socket = await live(app, chatId, ada);
  });
  afterEach(dropSockets);
  after(() => app.stop());

  async function total(): Promise<number> {
    const pages = await Promise.all(
      [chatId, otherChat].map((id) => app.services.messages.page(ada, id, { page: 1, limit: 1 })),
    );
    return pages.reduce((sum, page) => sum + page.total, 0);
  }

  /** Sends frames; each must be answered by one `error` of the code, have no effect, and leave the socket open. */
  async function refuses(frames: readonly (object | string | Uint8Array)[], code: string): Promise<readonly Frame[]> {
    const before = await total();
    const errors: Frame[] = [];
    for (const frame of frames) {
      socket.send(frame);
      const error = await socket.nextOf('error');
      expect(
        error['code'],
        String(frame instanceof Uint8Array ? 'bytes' : JSON.stringify(frame)).slice(0, 100),
      ).to.equal(code);
      expect(JSON.stringify(error).length).to.be.at.most(1_024);
      errors.push(error);
    }
    expect(await socket.sync()).to.include({ type: 'pong' });
    expect(await total()).to.equal(before);
    return errors;
  }

  it('what is no JSON object is invalid_json, binary frames too', async () => {
    const texts = ['', 'x', '[]', '[{}]', '"message"', '5', 'null', 'true', '{', '{"type":}', '{"type":"ping"}x'];
    const errors = await refuses([...texts, Buffer.from('{"type":"ping"}')], 'invalid_json');
    for (const error of errors) {
      expect(error).to.include({ type: 'error', message: 'Invalid JSON format' });
      expect(error['timestamp']).to.be.a('string');
    }
  });

  it('an unknown or missing type', async () => {
    const named = await refuses([{ type: 'shout', id: 'a' }], 'unknown_type');
    expect(named[0]).to.include({ message: 'Unknown message type: shout', id: 'a' });
    const types = [undefined, null, 5, '', 'Message', 'message ', '<b>', 'a'.repeat(33), ['message'], {}, ...INHERITED];
    const errors = await refuses(
      types.map((type) => ({ type, content: 'x' })),
      'unknown_type',
    );
    expect(JSON.stringify(errors)).not.to.include('<b>');
  });

  it('frames for another chat, also one of the same user, have no effect', async () => {
    const frames = [otherChat, 999_999].flatMap((chat_id) => [
      { type: 'message', chat_id, content: 'x' },
      { type: 'typing', chat_id, content: 'start' },
      { type: 'ping', chat_id },
    ]);
    await refuses(frames, 'wrong_chat');
  });

  it('content that shows nothing', async () => {
    const blank = [
      '',
      ' ',
      '\t\n\r',
      '\u200b',
      '\u200b\u200d\u2060\ufeff',
      '\u00a0\u3000',
      '\u2800',
      '\u00ad',
      '\u0000',
    ];
    await refuses(
      blank.map((content) => ({ type: 'message', content })),
      'validation_failed',
    );
  });

  it('NUL is refused, everything else comes back byte for byte', async () => {
    await refuses([{ type: 'message', content: 'a\u0000b' }], 'validation_failed');
    const texts = [
      'a\u0001\u001f\u007f\u0085b',
      'a\u2028\u2029b',
      '\u202eabc\u202c',
      `a${'\u0301'.repeat(9_999)}`,
      'é e\u0301',
    ];
    for (const content of texts) {
      socket.send({ type: 'message', content });
      const event = await socket.nextOf('new_message');
      expect((event['message'] as Frame)['content']).to.equal(content);
    }
  });

  it('unpaired surrogates, escaped, in every string', async () => {
    const frames = [
      '{"type":"message","content":"a\\ud800b"}',
      '{"type":"message","content":"x","client_message_id":"\\udc00"}',
      '{"type":"typing","content":"\\ud800"}',
      '{"type":"ping","id":"\\ud800"}',
    ];
    await refuses(frames, 'validation_failed');
    await refuses(['{"type":"\\ud800"}'], 'unknown_type');
  });

  it('wrong types are refused in every field, never coerced', async () => {
    const wrong = [null, true, false, [], ['a'], {}, { $gt: '' }, 1e21, 1.5];
    const valid = { type: 'message', chat_id: chatId, content: 'x', client_message_id: 'c', id: 'i' };
    const values: Record<string, readonly unknown[]> = {
      chat_id: [...wrong, String(chatId), -1, 0, 2 ** 53, ''],
      content: [...wrong, 5, 0],
      client_message_id: [...wrong, 5],
      id: wrong,
    };
    const frames = Object.entries(values).flatMap(([field, list]) =>
      list.map((value) => ({ ...valid, [field]: value })),
    );
    await refuses(frames, 'validation_failed');
    const raw = ['1e309', '-0', '1e-1', '-1e309'].flatMap((number) => [
      `{"type":"ping","chat_id":${number}}`,
      `{"type":"message","content":${number}}`,
    ]);
    await refuses(raw, 'validation_failed');
    await refuses(['{"type":"ping","chat_id":NaN}', '{"type":"ping","chat_id":0x1}'], 'invalid_json');
  });

  it('unknown and read-only keys are refused, not ignored', async () => {
    const keys = [
      'sender_id',
      'seq',
      'rev',
      'is_admin',
      'message_id',
      'created_at',
      'message_type',
      'user_id',
      'x',
      '',
    ];
    const frames = keys.flatMap((key) => [
      { type: 'message', content: 'x', [key]: 1 },
      { type: 'typing', content: 'start', [key]: 1 },
      { type: 'ping', [key]: 1 },
    ]);
    await refuses(frames, 'validation_failed');
  });

  it('own keys that every object inherits', async () => {
    const frames = INHERITED.flatMap((key) => [
      `{"type":"message","content":"x","${key}":{"polluted":true}}`,
      `{"type":"message","content":{"${key}":1}}`,
      `{"type":"ping","${key}":1}`,
    ]);
    await refuses(frames, 'validation_failed');
    expect(({} as Record<string, unknown>)['polluted']).to.equal(undefined);
  });

  it('deep nesting, many keys and repeated keys are invalid_json', async () => {
    const deep = (depth: number): string => `{"type":"ping","x":${'['.repeat(depth)}${']'.repeat(depth)}}`;
    const keys = Array.from({ length: 10_000 }, (_, index) => `"k${index}":1`).join(',');
    await refuses([deep(9), deep(10_000), deep(70_000), `{${keys}}`, '{"type":"ping","type":"ping"}'], 'invalid_json');
  });

  it('client_message_id', async () => {
    const bad = ['', 'x'.repeat(65), 'x'.repeat(1_024), 5, null, '\u0000'];
    await refuses(
      bad.map((client_message_id) => ({ type: 'message', content: 'x', client_message_id })),
      'validation_failed',
    );
    for (const id of ['x'.repeat(64), '𝄞'.repeat(64), 'é', ' ', 'É']) {
      socket.send({ type: 'message', content: 'x', client_message_id: id });
      expect(await socket.nextOf('ack')).to.include({ client_message_id: id, duplicate: false });
    }
    const elsewhere = await live(app, otherChat, ada);
    elsewhere.send({ type: 'message', content: 'other', client_message_id: 'é' });
    expect(await elsewhere.nextOf('ack')).to.include({ duplicate: false });
  });

  it('typing with bad content', async () => {
    const bad = ['', 'START', 'start ', 'toString', 5, null, true, [], {}, undefined];
    await refuses(
      bad.map((content) => ({ type: 'typing', content })),
      'validation_failed',
    );
  });

  it('submitted values appear in no reply and no log line', async () => {
    const canary = 'canary-7f3a9d';
    const large = { [canary]: canary.repeat(5_000) };
    const errors = [
      ...(await refuses(
        [
          { type: 'message', content: large },
          { type: 'ping', [canary]: canary },
        ],
        'validation_failed',
      )),
      ...(await refuses([{ type: canary }], 'unknown_type')),
      ...(await refuses([`{"${canary}`], 'invalid_json')),
    ];
    expect(JSON.stringify(errors)).not.to.include(canary);
    expect(app.logs.filter((line) => line.includes(canary))).to.deep.equal([]);
  });
});
