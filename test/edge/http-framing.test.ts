import { expect } from 'chai';
import type { RequestHandler } from '../../src/ports/listener.js';
import { echoApp, KINDS, sha256, startEdge, until, type Echo, type Edge, type Kind } from './support/edge.js';

/** What a malformed request may get; none of them may reach the handler. */
interface Refusal {
  readonly name: string;
  readonly request: string;
  /** Status per listener; null: it waits for more, up to its time-out. */
  readonly status: Readonly<Record<Kind, number | null>>;
  /** node:http hands a request over before its body is there: the handler then sees it break off. */
  readonly streamed?: boolean;
}

const both = (status: number): Refusal['status'] => ({ node: status, uws: status });
/** A second request behind a refused one: who runs it has been smuggled to. */
const SMUGGLED = 'GET /smuggled HTTP/1.1\r\nHost: test\r\n\r\n';

const REFUSALS: readonly Refusal[] = [
  {
    name: 'a repeated Content-Length',
    request: 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello',
    status: both(400),
  },
  {
    name: 'two different Content-Lengths',
    request: 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello',
    status: both(400),
  },
  {
    name: 'a Content-Length list',
    request: 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 5\r\n\r\nhello',
    status: both(400),
  },
  {
    name: 'a signed Content-Length',
    request: 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\nhello',
    status: both(400),
  },
  {
    name: 'a negative Content-Length',
    request: 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\nhello',
    status: both(400),
  },
  {
    name: 'an empty Content-Length',
    request: 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n',
    status: both(400),
  },
  {
    name: 'Content-Length with Transfer-Encoding',
    request: 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    status: both(400),
  },
  {
    name: 'an unknown Transfer-Encoding',
    request: 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n0\r\n\r\n',
    status: both(400),
  },
  {
    name: 'a Transfer-Encoding with more than chunked',
    request: 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n',
    status: both(400),
  },
  {
    name: 'a repeated Transfer-Encoding',
    request: 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    status: both(400),
  },
  {
    name: 'a chunk size that is none',
    request: 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n',
    status: both(400),
    streamed: true,
  },
  { name: 'a repeated Host', request: 'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', status: both(400) },
  { name: 'no Host', request: 'GET / HTTP/1.1\r\n\r\n', status: both(400) },
  { name: 'a folded header', request: 'GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n 2\r\n\r\n', status: both(400) },
  {
    name: 'a space before the colon',
    request: 'GET / HTTP/1.1\r\nHost: a\r\nX : 1\r\n\r\n',
    status: both(400),
  },
  { name: 'bare line feeds', request: 'GET / HTTP/1.1\nHost: a\n\n', status: { node: 400, uws: 505 } },
  { name: 'HTTP/2.0', request: 'GET / HTTP/2.0\r\nHost: a\r\n\r\n', status: { node: 400, uws: 505 } },
  { name: 'a request line of two words', request: 'GET /\r\nHost: a\r\n\r\n', status: { node: 400, uws: null } },
  { name: 'bytes that are no HTTP', request: '\x16\x03\x01\x02\x00\x01\x00\r\n\r\n', status: { node: 400, uws: 505 } },
  {
    name: 'headers over the limit',
    request: `GET / HTTP/1.1\r\nHost: a\r\nX: ${'a'.repeat(17_000)}\r\n\r\n`,
    status: both(431),
  },
  {
    name: 'five hundred headers',
    request: `GET / HTTP/1.1\r\nHost: a\r\n${'X: 1\r\n'.repeat(500)}\r\n`,
    status: both(431),
  },
  {
    name: 'a target over the limit',
    request: `GET /${'a'.repeat(100_000)} HTTP/1.1\r\nHost: a\r\n\r\n`,
    status: both(431),
  },
];

for (const kind of KINDS) {
  describe(`edge ${kind}: request heads`, () => {
    let edge: Edge;
    const handled: string[] = [];
    before(async () => {
      const echo = echoApp().callback();
      const onRequest: RequestHandler = (request, response) => {
        handled.push(request.url ?? '');
        return echo(request, response);
      };
      edge = await startEdge(kind, { onRequest });
    });
    beforeEach(() => (handled.length = 0));
    after(() => edge.stop());

    async function ask(request: string | Buffer): Promise<Echo> {
      const client = await edge.connect();
      const { status, body } = await client.write(request).response();
      expect(status).to.equal(200);
      return JSON.parse(body.toString()) as Echo;
    }

    for (const { name, request, status, streamed } of REFUSALS) {
      if (status[kind] === null) continue;
      const reached = streamed === true && kind === 'node' ? ['/'] : [];
      it(`refuses ${name} and closes`, async () => {
        const client = await edge.connect();
        const answer = await client.write(request).response();
        expect(answer.status).to.equal(status[kind]);
        expect(answer.headers.get('connection')).to.deep.equal(['close']);
        expect(answer.body.byteLength).to.be.lessThan(1_024);
        expect(handled).to.deep.equal(reached);
      });

      it(`runs nothing that hides behind ${name}`, async () => {
        const client = await edge.connect();
        client.write(Buffer.from(request + SMUGGLED, 'latin1'));
        await until(() => client.closed || client.pending.includes('HTTP/1.1 '), 'an answer or the end');
        client.write(SMUGGLED);
        const other = await edge.connect();
        await other.write('GET /after HTTP/1.1\r\nHost: a\r\n\r\n').response();
        expect(handled).to.deep.equal([...reached, '/after']);
      });
    }

    it('closes soon after a refusal, with nothing behind the answer', async () => {
      const client = await edge.connect();
      const { status } = await client.write(REFUSALS[0]?.request ?? '').response();
      expect(status).to.equal(400);
      await client.end();
      expect(client.pending.byteLength).to.equal(0);
    });

    it('passes a target on exactly as it was sent', async () => {
      for (const target of ['/a%2Fb%00/../c//d', '/?', '/x?q=%zz&q=1&a[$ne]=+', '/%', '/a?b?c', '//host/x']) {
        const { url } = await ask(`GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`);
        expect(url).to.equal(target);
      }
    });

    it('understands the absolute form, or refuses it without effect', async () => {
      const client = await edge.connect();
      const { status, body } = await client
        .write('GET http://other.example/path?q=1 HTTP/1.1\r\nHost: a\r\n\r\n')
        .response();
      if (kind === 'node') {
        expect((JSON.parse(body.toString()) as Echo).url).to.equal('/path?q=1');
      } else {
        // The native parser takes origin form only and calls everything else a wrong version.
        expect(status).to.equal(505);
        expect(handled).to.deep.equal([]);
      }
    });

    it('answers HTTP/1.0 and closes, or refuses it', async () => {
      const client = await edge.connect();
      const { status } = await client.write('GET / HTTP/1.0\r\n\r\n').response();
      expect(status).to.equal(kind === 'node' ? 200 : 505);
      await client.end();
    });

    it('joins repeated headers by ", " and cookies by "; "', async () => {
      const { headers } = await ask(
        'GET / HTTP/1.1\r\nHost: a\r\nX-One: 1\r\nAuthorization: Bearer a\r\nCookie: a=1\r\nx-one: 2\r\n' +
          'Cookie: b=2\r\nAuthorization: Bearer b\r\n\r\n',
      );
      expect(headers).to.include({ 'x-one': '1, 2', authorization: 'Bearer a, Bearer b', cookie: 'a=1; b=2' });
    });

    it('keeps headers named like object members as plain values', async () => {
      const { headers } = await ask('GET / HTTP/1.1\r\nHost: a\r\nConstructor: x\r\ntoString: y\r\n\r\n');
      expect(headers).to.include({ constructor: 'x', tostring: 'y' });
    });

    it('takes headers up to the limit', async () => {
      const value = 'a'.repeat(14_000);
      const { headers } = await ask(`GET / HTTP/1.1\r\nHost: a\r\nX-Long: ${value}\r\n\r\n`);
      expect(headers['x-long']).to.equal(value);
    });

    it('reads a head that arrives in pieces', async () => {
      const client = await edge.connect();
      for (const piece of ['GE', 'T /pie', 'ces HTTP/1.1\r', '\nHo', 'st: a\r\nX: 1', '\r\n\r', '\n']) {
        await new Promise<void>((resolve) => client.socket.write(piece, () => setImmediate(resolve)));
      }
      const answer = JSON.parse((await client.response()).body.toString()) as Echo;
      expect(answer).to.include({ url: '/pieces' });
    });

    it('takes a body of no bytes whose head arrives in pieces, and goes on', async () => {
      const client = await edge.connect();
      for (let round = 0; round < 5; round += 1) {
        for (const piece of ['PO', 'ST /none HTTP/1.1\r\nHost: a\r\nContent-Le', 'ngth: 0\r\n\r', '\n']) {
          await new Promise<void>((resolve) => client.socket.write(piece, () => setImmediate(resolve)));
        }
        const answer = JSON.parse((await client.response()).body.toString()) as Echo;
        expect(answer).to.include({ method: 'POST', url: '/none', bytes: 0 });
        const { status } = await client.write('GET /then HTTP/1.1\r\nHost: a\r\n\r\n').response();
        expect(status).to.equal(200);
      }
    });

    it('keeps apart the bodies of connections that send their heads first and in turn', async () => {
      const clients = await Promise.all(Array.from({ length: 12 }, () => edge.connect()));
      const bodyOf = (at: number): string => `body of ${at}`.padEnd(20 + at, '.');
      const framed = (at: number): readonly [string, string] => {
        const body = bodyOf(at);
        if (at % 3 === 0) return ['Transfer-Encoding: chunked', `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`];
        return [`Content-Length: ${body.length}`, body];
      };
      for (const [at, client] of clients.entries()) {
        client.write(`POST /${at} HTTP/1.1\r\nHost: a\r\n${framed(at)[0]}\r\n\r\n`);
        await until(() => client.socket.writableLength === 0, 'the head is away');
      }
      const alive = await edge.connect();
      await alive.write('GET /alive HTTP/1.1\r\nHost: a\r\n\r\n').response();
      for (const [at, client] of [...clients.entries()].reverse()) client.write(framed(at)[1]);
      for (const [at, client] of clients.entries()) {
        const { body } = await client.response();
        const answer = JSON.parse(body.toString()) as Echo;
        expect(answer).to.include({ url: `/${at}`, bytes: 20 + at, sha256: sha256(Buffer.from(bodyOf(at))) });
      }
    });

    it('tells the peer address', async () => {
      expect((await ask('GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 9.9.9.9\r\n\r\n')).ip).to.equal('127.0.0.1');
    });
  });
}
