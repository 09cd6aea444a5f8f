import { once } from 'node:events';
import { Agent, request, type IncomingMessage } from 'node:http';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { LIMITS } from '../../../src/protocol/limits.js';
import type { PageResource } from '../../../src/protocol/resources.js';
import { requestText, sendRaw } from '../../helpers/raw-http.js';
import { startWorld, type World } from './world.js';

describe('bodies', () => {
  let world: World;
  before(async () => {
    world = await startWorld();
  });
  after(() => world.app.stop());

  const message = (extra = ''): string => `{"chat_id":${world.direct.id},"content":"sent"${extra}}`;
  const post = (raw: string | Uint8Array, headers: Readonly<Record<string, string>> = {}) =>
    world.client.call('POST', '/messages', { raw, headers, token: world.alice.token });
  const authorized = (headers: Readonly<Record<string, string>> = {}) => ({
    Authorization: `Bearer ${world.alice.token}`,
    'Content-Type': 'application/json',
    ...headers,
  });
  async function stored(): Promise<number> {
    const path = `/messages/chat/${world.direct.id}`;
    return (await world.client.as(world.alice).get<PageResource<unknown>>(path)).body.total;
  }
  /** Whatever the test sends, nothing is stored by it. */
  async function storesNothing(action: () => Promise<void>): Promise<void> {
    const before = await stored();
    await action();
    expect(await stored()).to.equal(before);
  }

  it('takes a body of exactly the limit and not one byte more', async () => {
    const padded = (size: number): string => {
      const text = message();
      return text.slice(0, -1) + ' '.repeat(size - text.length) + '}';
    };
    expect((await post(padded(LIMITS.bodyBytes - 1))).status).to.equal(201);
    expect((await post(padded(LIMITS.bodyBytes))).status).to.equal(201);
    await storesNothing(async () => {
      const answer = await sendRaw(
        world.app.url,
        requestText('POST', '/api/v1/messages', authorized(), padded(LIMITS.bodyBytes + 1)),
      );
      expect(answer.status).to.equal(413);
    });
  });

  it('answers a declared giant before it arrives', async () => {
    const headers = authorized({ 'Content-Length': '5000000000' });
    const answer = await sendRaw(world.app.url, requestText('POST', '/api/v1/messages', headers));
    expect(answer.status).to.equal(413);
  });

  it('stops reading an endless body', async () => {
    const chunk = Buffer.concat([Buffer.from('10000\r\n'), Buffer.alloc(0x10000, ' '), Buffer.from('\r\n')]);
    const head = requestText('POST', '/api/v1/messages', authorized({ 'Transfer-Encoding': 'chunked' }));
    const answer = await sendRaw(world.app.url, head, { endless: chunk });
    expect(answer.status).to.be.oneOf([413, null]);
    // What the system buffers on both sides of a local connection is far below this.
    expect(answer.bytesSent).to.be.below(32 * 1024 * 1024);
  });

  it('takes a chunked body', async () => {
    const body = message();
    const head = requestText('POST', '/api/v1/messages', authorized({ 'Transfer-Encoding': 'chunked' }));
    const half = Math.floor(body.length / 2);
    const chunks = [body.slice(0, half), body.slice(half)].map((part) => `${part.length.toString(16)}\r\n${part}\r\n`);
    const answer = await sendRaw(world.app.url, `${head}${chunks.join('')}0\r\n\r\n`);
    expect(answer.status).to.equal(201);
  });

  it('takes no compressed body', async () => {
    await storesNothing(async () => {
      for (const coding of ['gzip', 'deflate', 'br', 'GZIP', 'identity, gzip', 'x']) {
        expect((await post(gzipSync(message()), { 'content-encoding': coding })).status, coding).to.equal(415);
      }
    });
    for (const spelling of ['identity', 'Identity', 'IDENTITY']) {
      expect((await post(message(), { 'content-encoding': spelling })).status).to.equal(201);
    }
  });

  it('takes application/json in UTF-8 and nothing else', async () => {
    const types = [
      'text/plain', 'text/json', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/jsonp',
      'application/vnd.api+json', 'application/json-patch+json', 'application/json; charset=utf-16', 'application/json; charset=latin1',
      'application/json; charset=utf-8; charset=utf-16', 'application/json, text/plain', 'json', '*/*', 'application/json;q=1',
    ]; // prettier-ignore
    await storesNothing(async () => {
      for (const type of types) {
        expect((await post(message(), { 'content-type': type })).status, type).to.equal(415);
      }
      const untyped = authorized();
      const { 'Content-Type': _none, ...headers } = untyped;
      const answer = await sendRaw(world.app.url, requestText('POST', '/api/v1/messages', headers, message()));
      expect(answer.status).to.equal(415);
    });
    for (const type of ['application/json', 'Application/JSON; charset=UTF-8', 'application/json;charset="utf-8"']) {
      expect((await post(message(), { 'content-type': type })).status, type).to.equal(201);
    }
  });

  it('takes well-formed UTF-8 without a mark', async () => {
    const bad = [
      Buffer.from(message(), 'utf16le'),
      Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(message())]),
      Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(message(), 'utf16le')]),
      ...[[0x80], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf0, 0x9f, 0x98], [0xf4, 0x90, 0x80, 0x80], [0xfe]].map((bytes) =>
        Buffer.concat([
          Buffer.from(`{"chat_id":${world.direct.id},"content":"x`),
          Buffer.from(bytes),
          Buffer.from('"}'),
        ]),
      ),
    ];
    await storesNothing(async () => {
      for (const bytes of bad) {
        const answer = await post(bytes);
        expect(answer.status, bytes.toString('hex').slice(0, 40)).to.equal(400);
        expect(answer.body).to.include({ code: 'invalid_json' });
      }
    });
  });

  it('bounds depth, keys and repeats before it parses', async () => {
    const keys = (count: number) => `{${Array.from({ length: count }, (_, index) => `"k${index}":1`).join(',')}}`;
    const bad: Record<string, string> = {
      'depth 9': '['.repeat(9) + ']'.repeat(9),
      'depth 9 in a field': message(`,"x":${'{"a":'.repeat(8)}1${'}'.repeat(8)}`),
      'depth 70,000': '['.repeat(70_000) + ']'.repeat(70_000),
      'depth 80,000, open': '[{"a":'.repeat(26_000),
      'ten thousand keys': keys(10_000),
      'a key twice': message(',"content":"other"'),
      'a key twice, once escaped': message(',"c\\u006fntent":"other"'),
      'not JSON': '{"chat_id":',
      'JSON and more': `${message()}x`,
      'two documents': `${message()}${message()}`,
      'a comment': `/* */${message()}`,
      'single quotes': "{'chat_id':1}",
      'a trailing comma': message(','),
      NaN: '{"chat_id":NaN}',
      'nothing but space': '   ',
      'a bare word': 'chat_id',
    };
    await storesNothing(async () => {
      for (const [name, raw] of Object.entries(bad)) {
        const start = performance.now();
        const answer = await post(raw);
        expect(performance.now() - start, name).to.be.below(1_000);
        expect(answer.status, name).to.equal(400);
        expect(answer.body).to.include({ code: 'invalid_json' });
      }
      for (const raw of ['5', '"x"', 'null', 'true', '[]', '[{}]', '-0', '1e309']) {
        expect((await post(raw)).status, raw).to.equal(422);
      }
      expect((await post(`"${'x'.repeat(1_000_000)}"`)).status).to.equal(413);
      expect((await post('')).status).to.equal(400);
    });
  });

  it('is not deceived about the length of a body', async () => {
    await storesNothing(async () => {
      const short = requestText('POST', '/api/v1/messages', authorized({ 'Content-Length': '5' }), message());
      const cut = await sendRaw(world.app.url, short);
      expect(cut.status).to.be.oneOf([400, null]);
    });
  });

  it('ignores a body where none is read', async () => {
    const { client, alice } = world;
    const options = { token: alice.token, raw: 'not json', headers: { 'content-type': 'text/plain' } };
    const sent = await client.send(alice, world.direct, 'to delete');
    expect((await client.call('DELETE', `/messages/${sent.id}`, options)).status).to.equal(200);
  });

  it('goes on with the connection after a refusal', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    try {
      const refused = await onAgent(agent, 'POST', '/api/v1/messages', '{"x"');
      const taken = await onAgent(agent, 'POST', '/api/v1/messages', message());
      expect([refused.status, taken.status, taken.reused]).to.deep.equal([400, 201, true]);
    } finally {
      agent.destroy();
    }
  });

  async function onAgent(
    agent: Agent,
    method: string,
    path: string,
    body: string,
  ): Promise<{ status: number | undefined; reused: boolean }> {
    const sent = request(`${world.app.url}${path}`, { agent, method, headers: authorized() });
    sent.end(body);
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    response.resume();
    await once(response, 'end');
    return { status: response.statusCode, reused: sent.reusedSocket };
  }
});
