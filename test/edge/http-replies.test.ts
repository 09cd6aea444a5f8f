import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { expect } from 'chai';
import Koa from 'koa';
import { KINDS, startEdge, until, type Edge } from './support/edge.js';

const LARGE = randomBytes(8 * 1_048_576);

/** What handlers do to a response, by path. */
const REPLIES: Readonly<Record<string, (request: IncomingMessage, response: ServerResponse) => Promise<void> | void>> =
  {
    '/plain': (_request, response) => void response.end('plain'),
    '/empty': (_request, response) => void response.end(),
    '/none': (_request, response) => void response.writeHead(204).end(),
    '/same': (_request, response) => void response.writeHead(304, { ETag: '"1"' }).end(),
    '/pieces': (_request, response) => {
      response.write('one ');
      response.write(Buffer.from('two '));
      response.end('7468726565', 'hex');
    },
    '/head': (_request, response) =>
      void response.writeHead(201, 'Made', { 'X-One': '1', 'Set-Cookie': ['a=1', 'b=2'] }).end('made'),
    '/list': (_request, response) => void response.writeHead(202, ['X-Two', '2']).end('list'),
    '/own': (_request, response) => {
      response.setHeader('Content-Length', 3).setHeader('Connection', 'close').setHeader('Date', 'never').end('own');
    },
    '/fields': (_request, response) => {
      response.setHeader('X-One', 'first').setHeader('X-Gone', 'x').setHeader('x-one', 1).appendHeader('X-Two', 'a');
      response.appendHeader('x-two', ['b', 'c']).removeHeader('x-gone');
      const refused = [
        () => response.setHeader('X-Split', 'a\r\nX-Forged: b'),
        () => response.setHeader('X-Split', ['a', 'b\nc']),
        () => response.setHeader('X Split: a', 'b'),
        () => response.setHeader('X-Nothing', undefined as never),
      ].filter((step) => throws(step));
      const seen = [response.getHeader('X-ONE'), response.getHeader('x-gone'), response.hasHeader('X-Two')];
      response.end(JSON.stringify({ seen, all: response.getHeaders(), refused: refused.length }));
    },
    '/callback': (_request, response) => void response.end('called', () => response.emit('seen')),
    '/large': (_request, response) => void response.end(LARGE),
    '/throw': () => {
      throw new Error('planted secret');
    },
    '/reject': () => Promise.reject(new Error('planted secret')),
    '/after': (_request, response) => {
      response.end('answered');
      return Promise.reject(new Error('too late'));
    },
    '/destroy': (_request, response) => void response.destroy(),
  };

function throws(step: () => unknown): boolean {
  try {
    step();
    return false;
  } catch {
    return true;
  }
}

function koa(): Koa {
  const app = new Koa();
  app.silent = true;
  app.use((ctx) => {
    switch (ctx.path) {
      case '/koa/json':
        ctx.body = { koa: true };
        break;
      case '/koa/stream':
        ctx.type = 'text';
        ctx.body = Readable.from(['a', 'b', 'c']);
        break;
      case '/koa/null':
        ctx.body = null;
        break;
      case '/koa/throw':
        ctx.throw(418);
        break;
      default:
        ctx.status = 404;
    }
  });
  return app;
}

for (const kind of KINDS) {
  describe(`edge ${kind}: replies`, () => {
    let edge: Edge;
    before(async () => {
      const callback = koa().callback();
      edge = await startEdge(kind, {
        onRequest: (request, response) =>
          (REPLIES[request.url ?? ''] ?? ((one, two) => callback(one, two)))(request, response),
      });
    });
    after(() => edge.stop());

    async function get(path: string, method = 'GET') {
      const client = await edge.connect();
      const answer = await client
        .write(`${method} ${path} HTTP/1.1\r\nHost: a\r\n\r\n`)
        .response({ head: method === 'HEAD' });
      return { ...answer, client, text: answer.body.toString() };
    }

    it('sends a whole answer with its length', async () => {
      const { status, headers, text } = await get('/plain');
      expect([status, text]).to.deep.equal([200, 'plain']);
      expect(headers.get('date')).to.have.length(1);
      expect([...headers.keys()].filter((name) => /server|uwebsockets|powered/.test(name))).to.deep.equal([]);
    });

    it('sends the pieces of an answer in order', async () => {
      expect((await get('/pieces')).text).to.equal('one two three');
    });

    it('sends an empty answer, 204 and 304', async () => {
      const empty = await get('/empty');
      expect([empty.status, empty.text, empty.headers.get('content-length')]).to.deep.equal([200, '', ['0']]);
      for (const [path, status] of [
        ['/none', 204],
        ['/same', 304],
        ['/koa/null', 204],
      ] as const) {
        const { status: got, headers, client } = await get(path);
        expect(got).to.equal(status);
        expect(headers.has('content-length')).to.equal(false);
        expect(client.pending.byteLength).to.equal(0);
        client.write('GET /plain HTTP/1.1\r\nHost: a\r\n\r\n');
        expect((await client.response()).body.toString()).to.equal('plain');
      }
    });

    it('answers HEAD with the headers of GET and no body', async () => {
      for (const path of ['/koa/json', '/plain', '/large']) {
        const { status, headers, client } = await get(path, 'HEAD');
        expect(status).to.equal(200);
        if (path === '/koa/json') expect(headers.get('content-length')).to.deep.equal(['12']);
        client.write('GET /plain HTTP/1.1\r\nHost: a\r\n\r\n');
        expect((await client.response()).body.toString()).to.equal('plain');
      }
    });

    it('takes status, message and headers from writeHead, repeated ones as lines of their own', async () => {
      const { status, headers, text } = await get('/head');
      expect([status, text]).to.deep.equal([201, 'made']);
      expect(headers.get('x-one')).to.deep.equal(['1']);
      expect(headers.get('set-cookie')).to.deep.equal(['a=1', 'b=2']);
      expect((await get('/list')).headers.get('x-two')).to.deep.equal(['2']);
    });

    it('keeps header fields as node:http does, and none that would break a line', async () => {
      const { headers, text } = await get('/fields');
      expect(JSON.parse(text)).to.deep.equal({
        seen: [1, null, true],
        all: { 'x-one': 1, 'x-two': ['a', 'b', 'c'] },
        refused: 4,
      });
      expect(headers.get('x-one')).to.deep.equal(['1']);
      expect(headers.get('x-two')).to.deep.equal(['a', 'b', 'c']);
      expect([...headers.keys()].filter((name) => /gone|split|forged|nothing/.test(name))).to.deep.equal([]);
    });

    it('sends each header of the transport once', async () => {
      const { headers, text, client } = await get('/own');
      expect(text).to.equal('own');
      for (const name of ['content-length', 'connection', 'date']) expect(headers.get(name), name).to.have.length(1);
      await client.end();
    });

    it('calls the callback of end', async () => {
      expect((await get('/callback')).text).to.equal('called');
    });

    it('serves Koa: JSON, a stream, an error of its own', async () => {
      expect((await get('/koa/json')).text).to.equal('{"koa":true}');
      expect((await get('/koa/stream')).text).to.equal('abc');
      expect((await get('/koa/throw')).status).to.equal(418);
      expect((await get('/koa/nothing')).status).to.equal(404);
    });

    it('sends a large answer whole to a reader that stops in between', async () => {
      const client = await edge.connect();
      client.write('GET /large HTTP/1.1\r\nHost: a\r\n\r\n');
      await until(() => client.pending.byteLength > 0, 'the first bytes');
      client.socket.pause();
      const other = await get('/plain');
      expect(other.text).to.equal('plain');
      client.socket.resume();
      const { headers, body } = await client.response();
      expect(headers.get('content-length')).to.deep.equal([String(LARGE.byteLength)]);
      expect(body.equals(LARGE)).to.equal(true);
      client.write('GET /plain HTTP/1.1\r\nHost: a\r\n\r\n');
      expect((await client.response()).body.toString()).to.equal('plain');
    });

    it('answers 500 for a handler that fails, says nothing of why, and goes on', async () => {
      for (const path of ['/throw', '/reject']) {
        const { status, headers, text, client } = await get(path);
        expect(status).to.equal(500);
        expect(headers.get('content-type')).to.deep.equal(['application/problem+json']);
        expect(headers.get('x-content-type-options')).to.deep.equal(['nosniff']);
        expect(JSON.parse(text)).to.include({ code: 'internal' });
        expect(text).not.to.include('planted');
        client.write('GET /plain HTTP/1.1\r\nHost: a\r\n\r\n');
        expect((await client.response()).status).to.equal(200);
      }
      expect(edge.warnings.slice(-2).map(({ cause }) => (cause as Error).message)).to.deep.equal([
        'planted secret',
        'planted secret',
      ]);
    });

    it('keeps the answer of a handler that fails after it', async () => {
      const { status, text, client } = await get('/after');
      expect([status, text]).to.deep.equal([200, 'answered']);
      client.write('GET /plain HTTP/1.1\r\nHost: a\r\n\r\n');
      expect((await client.response()).body.toString()).to.equal('plain');
    });

    it('cuts the connection where the handler destroys its response', async () => {
      const client = await edge.connect();
      client.write('GET /destroy HTTP/1.1\r\nHost: a\r\n\r\n');
      await client.end();
      expect(client.pending.byteLength).to.equal(0);
    });
  });
}
