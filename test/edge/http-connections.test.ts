import type { IncomingMessage, ServerResponse } from 'node:http';
import { expect } from 'chai';
import { echoApp, KINDS, startEdge, until, type Echo, type Edge } from './support/edge.js';

/** A handler that answers when the test says so. */
interface Held {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly events: string[];
}

for (const kind of KINDS) {
  describe(`edge ${kind}: connections`, () => {
    let edge: Edge;
    const held: Held[] = [];
    before(async () => {
      const echo = echoApp().callback();
      edge = await startEdge(kind, {
        onRequest(request, response) {
          if (request.url?.startsWith('/held') !== true) return echo(request, response);
          const events: string[] = [];
          response.once('finish', () => events.push('finish')).once('close', () => events.push('close'));
          held.push({ request, response, events });
        },
      });
    });
    beforeEach(() => (held.length = 0));
    after(() => edge.stop());

    async function stillServes(): Promise<void> {
      const client = await edge.connect();
      const { status } = await client.write('GET /alive HTTP/1.1\r\nHost: a\r\n\r\n').response();
      expect(status).to.equal(200);
      expect(edge.warnings).to.deep.equal([]);
    }

    it('serves many requests, with and without bodies, on one connection, the native one until a body in chunks', async () => {
      let client = await edge.connect();
      for (let i = 0; i < 100; i += 1) {
        const body = 'x'.repeat(i % 3 === 0 ? 0 : i * 37);
        const length = i % 2 === 0 ? `Content-Length: ${body.length}\r\n\r\n${body}` : '';
        const chunk = body === '' ? '' : `${body.length.toString(16)}\r\n${body}\r\n`;
        const chunked = i % 2 === 0 ? '' : `Transfer-Encoding: chunked\r\n\r\n${chunk}0\r\n\r\n`;
        client.write(`POST /${i} HTTP/1.1\r\nHost: a\r\n${length}${chunked}`);
        const answer = JSON.parse((await client.response()).body.toString()) as Echo;
        expect(answer).to.include({ url: `/${i}`, bytes: body.length });
        // A body in chunks is the last one of a native connection.
        if (kind === 'uws' && chunked !== '') client = await edge.connect();
      }
    });

    it('ends a native connection after a body in chunks', async () => {
      const client = await edge.connect();
      client.write('POST /1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n');
      const { status, headers } = await client.response();
      expect(status).to.equal(200);
      expect(headers.get('connection')).to.deep.equal([kind === 'uws' ? 'close' : 'keep-alive']);
      if (kind === 'uws') await client.end();
    });

    it('closes after the answer where the client asks for it', async () => {
      const client = await edge.connect();
      client.write('GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
      expect((await client.response()).status).to.equal(200);
      await client.end();
    });

    it('answers pipelined requests in order, or closes without mixing them up', async () => {
      const client = await edge.connect();
      client.write('GET /held/1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n');
      if (kind === 'uws') {
        // The native parser takes no second request while the first one waits: it drops the connection, and as the
        // handler runs only when the parser holds nothing behind a request, neither of them is run.
        await client.end();
        expect(client.pending.byteLength).to.equal(0);
        expect(held).to.have.length(0);
      } else {
        await until(() => held.length === 1, 'the first request');
        held[0]?.response.end('first');
        expect((await client.response()).body.toString()).to.equal('first');
        expect((JSON.parse((await client.response()).body.toString()) as Echo).url).to.equal('/2');
      }
      await stillServes();
    });

    it('runs no second request while the first one waits for its handler, or drops the connection', async () => {
      const client = await edge.connect();
      client.write('GET /held/1 HTTP/1.1\r\nHost: a\r\n\r\n');
      await until(() => held.length === 1, 'the first request');
      client.write('GET /held/2 HTTP/1.1\r\nHost: a\r\n\r\n');
      if (kind === 'uws') {
        await client.end();
        expect(client.pending.byteLength).to.equal(0);
        await until(() => held[0]?.events.includes('close') === true, 'the handler hears of it');
        held[0]?.response.end('late');
        expect(held).to.have.length(1);
      } else {
        held[0]?.response.end('first');
        expect((await client.response()).body.toString()).to.equal('first');
      }
      await stillServes();
    });

    it('survives a client that goes away in the head', async () => {
      const client = await edge.connect();
      client.write('GET / HTTP/1.1\r\nHos');
      client.destroy();
      await stillServes();
    });

    it('survives a client that goes away before its body', async () => {
      const client = await edge.connect();
      client.write('POST /before HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n');
      await new Promise((resolve) => setImmediate(resolve));
      client.destroy();
      await stillServes();
    });

    it('survives a client that resets in the middle of its body', async () => {
      const client = await edge.connect();
      client.write('POST /mid HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf');
      await new Promise((resolve) => setImmediate(resolve));
      client.socket.resetAndDestroy();
      await stillServes();
    });

    it('tells the handler that its client is gone, and drops a late answer', async () => {
      const client = await edge.connect();
      client.write('GET /held HTTP/1.1\r\nHost: a\r\n\r\n');
      await until(() => held.length === 1, 'the request');
      client.destroy();
      await until(() => held[0]?.events.includes('close') === true, 'the close of the response');
      expect(held[0]?.events).to.deep.equal(['close']);
      const response = held[0]?.response;
      response?.setHeader('X-Late', '1');
      response?.end('late');
      await stillServes();
    });

    it('survives a client that goes away in the middle of a large answer', async () => {
      const client = await edge.connect();
      client.write('GET /held HTTP/1.1\r\nHost: a\r\n\r\n');
      await until(() => held.length === 1, 'the request');
      client.socket.pause();
      held[0]?.response.end(Buffer.alloc(64 * 1_048_576));
      client.socket.resume();
      await until(() => client.pending.byteLength > 0, 'the first bytes');
      client.socket.resetAndDestroy();
      await until(() => held[0]?.events.includes('close') === true, 'the close of the response');
      // For node:http an answer is finished when its socket has it in memory.
      expect(held[0]?.events).to.deep.equal(kind === 'node' ? ['finish', 'close'] : ['close']);
      await stillServes();
    });

    it('tells the handler when its answer was taken', async () => {
      const client = await edge.connect();
      client.write('GET /held HTTP/1.1\r\nHost: a\r\n\r\n');
      await until(() => held.length === 1, 'the request');
      expect(held[0]?.response.writableFinished).to.equal(false);
      held[0]?.response.end('done');
      await client.response();
      await until(() => held[0]?.events.length === 2, 'finish and close');
      expect(held[0]?.events).to.deep.equal(['finish', 'close']);
      expect(held[0]?.response.writableFinished).to.equal(true);
    });
  });
}
