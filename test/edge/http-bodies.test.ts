import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { KINDS, sha256, startEdge, type Echo, type Edge } from './support/edge.js';

const LIMIT = 100_000;
const HEAD = 'POST /echo HTTP/1.1\r\nHost: test\r\n';

function chunk(data: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${data.byteLength.toString(16)}\r\n`), data, Buffer.from('\r\n')]);
}

for (const kind of KINDS) {
  describe(`edge ${kind}: request bodies`, () => {
    let edge: Edge;
    before(async () => {
      edge = await startEdge(kind, { maxBodyBytes: LIMIT });
    });
    after(() => edge.stop());

    for (const size of [0, 1, 65_535, 65_536, 65_537, LIMIT - 1, LIMIT]) {
      it(`takes ${size} bytes of a declared length whole`, async () => {
        const body = randomBytes(size);
        const client = await edge.connect();
        client.write(`${HEAD}Content-Length: ${size}\r\n\r\n`).write(body);
        const { status, body: answer } = await client.response();
        expect(status).to.equal(200);
        expect(JSON.parse(answer.toString())).to.include({ bytes: size, sha256: sha256(body) });
      });

      it(`takes ${size} bytes in chunks whole`, async () => {
        const body = randomBytes(size);
        const client = await edge.connect();
        client.write(`${HEAD}Transfer-Encoding: chunked\r\n\r\n`);
        for (let at = 0; at < size; at += 9_999) client.write(chunk(body.subarray(at, at + 9_999)));
        client.write('0\r\n\r\n');
        const { status, body: answer } = await client.response();
        expect(status).to.equal(200);
        expect(JSON.parse(answer.toString())).to.include({ bytes: size, sha256: sha256(body) });
      });
    }

    it('keeps its own copy of a body that arrives byte by byte', async () => {
      const client = await edge.connect();
      const text = 'split over many packets';
      client.write(`${HEAD}Content-Length: ${text.length}\r\n\r\n`);
      for (const letter of text) {
        await new Promise<void>((resolve) => client.socket.write(letter, () => setImmediate(resolve)));
      }
      const answer = JSON.parse((await client.response()).body.toString()) as Echo;
      expect(answer.sha256).to.equal(sha256(Buffer.from(text)));
    });

    it('refuses one byte more than the limit before any of it was sent', async () => {
      const client = await edge.connect();
      client.write(`${HEAD}Content-Length: ${LIMIT + 1}\r\n\r\n`);
      const { status, headers, body } = await client.response();
      expect(status).to.equal(413);
      expect(headers.get('content-type')).to.deep.equal(['application/problem+json']);
      expect(headers.get('connection')).to.deep.equal(['close']);
      expect(JSON.parse(body.toString())).to.include({ status: 413, code: 'payload_too_large' });
    });

    it('refuses a body that was sent without waiting, and the client can read why', async () => {
      const client = await edge.connect();
      client.write(`${HEAD}Content-Length: ${LIMIT + 1}\r\n\r\n`).write(randomBytes(LIMIT + 1));
      expect((await client.response()).status).to.equal(413);
    });

    it('refuses chunks as soon as they are more than the limit', async () => {
      const client = await edge.connect();
      client.write(`${HEAD}Transfer-Encoding: chunked\r\n\r\n`);
      client.write(chunk(randomBytes(LIMIT))).write(chunk(randomBytes(1)));
      expect((await client.response()).status).to.equal(413);
    });

    it('stops taking bytes of an endless body', async () => {
      const client = await edge.connect();
      client.write(`${HEAD}Content-Length: 100000000000\r\n\r\n`);
      expect((await client.response()).status).to.equal(413);
      const piece = Buffer.alloc(65_536);
      let given = 0;
      while (!client.closed && client.socket.writableLength === 0 && given < 64 * 1_048_576) {
        client.write(piece);
        given += piece.byteLength;
        await new Promise((resolve) => setImmediate(resolve));
      }
      // What went is what the two kernels hold between them, or the connection is cut.
      expect(given).to.be.lessThan(64 * 1_048_576);
    });

    it('answers a client that waits for 100 Continue', async () => {
      const client = await edge.connect();
      client.write(`${HEAD}Content-Length: 2\r\nExpect: 100-continue\r\n\r\n`);
      expect((await client.response()).status).to.equal(100);
      client.write('ok');
      const { status, body } = await client.response();
      expect(status).to.equal(200);
      expect(JSON.parse(body.toString())).to.include({ bytes: 2 });
    });

    it('refuses a body that is too large instead of letting it come', async () => {
      const client = await edge.connect();
      client.write(`${HEAD}Content-Length: ${LIMIT + 1}\r\nExpect: 100-continue\r\n\r\n`);
      // uWebSockets.js has said 100 before anyone is asked; the refusal follows at once.
      if (kind === 'uws') expect((await client.response()).status).to.equal(100);
      expect((await client.response()).status).to.equal(413);
    });
  });
}
