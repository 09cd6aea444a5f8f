import { expect } from 'chai';
import { KINDS, NO_SOCKETS, startEdge, type Edge } from './support/edge.js';

const TIME_OUT_MS = 300;

for (const kind of KINDS) {
  describe(`edge ${kind}: time-outs`, () => {
    let edge: Edge;
    const late: (() => void)[] = [];
    before(async () => {
      edge = await startEdge(kind, {
        requestTimeoutMs: TIME_OUT_MS,
        handlerTimeoutMs: TIME_OUT_MS,
        sockets: NO_SOCKETS,
        onRequest(request, response) {
          request.resume();
          if (request.url === '/slow') late.push(() => response.end('late'));
          else if (request.url === '/reject') {
            return new Promise((_resolve, reject) => late.push(() => reject(new Error('late'))));
          } else request.on('end', () => response.end('ok'));
          return undefined;
        },
      });
    });
    beforeEach(() => (late.length = 0));
    after(() => edge.stop());

    it('answers 408 to a body that does not come, in time', async () => {
      const started = performance.now();
      const client = await edge.connect();
      client.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf');
      const { status, headers, body } = await client.response();
      expect(status).to.equal(408);
      expect(headers.get('connection')).to.deep.equal(['close']);
      expect(JSON.parse(body.toString())).to.include({ code: 'request_timeout' });
      expect(performance.now() - started).to.be.within(TIME_OUT_MS * 0.9, TIME_OUT_MS + 2_000);
    });

    it('answers 408 to a body that dribbles', async () => {
      const client = await edge.connect();
      client.write('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n');
      const drip = setInterval(() => client.write('1\r\nx\r\n'), 20);
      const { status } = await client.response().finally(() => clearInterval(drip));
      expect(status).to.equal(408);
    });

    it('answers 503 for a handler that is too slow, ignores its answer, and goes on', async () => {
      const client = await edge.connect();
      for (const path of ['/slow', '/reject']) {
        const { status, body } = await client.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`).response();
        expect(status).to.equal(503);
        expect(JSON.parse(body.toString())).to.include({ code: 'unavailable' });
        late.pop()?.();
        const next = await client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n').response();
        expect([next.status, next.body.toString()]).to.deep.equal([200, 'ok']);
      }
      expect(edge.warnings).to.deep.equal([]);
    });

    it('I13: claims nothing about a change that is still running', async () => {
      const client = await edge.connect();
      client.write('POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}');
      const { status, body } = await client.response();
      expect(status).to.equal(503);
      expect(JSON.parse(body.toString())).to.include({ code: 'indeterminate' });
    });
  });
}
