import { expect } from 'chai';
import { KINDS, recordingSockets, startEdge, until, type Edge } from './support/edge.js';
import { frame, HANDSHAKE, openSocket, OPCODE, readFrame } from './support/frames.js';

const KEY = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';
const VERSION = 'Sec-WebSocket-Version: 13\r\n';
const UPGRADE = 'Connection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n';

/** Handshakes at a path of sockets that are none. */
const REFUSED: readonly { readonly name: string; readonly request: string; readonly status: number }[] = [
  {
    name: 'a wrong version',
    request: `GET /ws HTTP/1.1\r\n${UPGRADE}Sec-WebSocket-Version: 12\r\n${KEY}`,
    status: 426,
  },
  { name: 'no version', request: `GET /ws HTTP/1.1\r\n${UPGRADE}${KEY}`, status: 426 },
  {
    name: 'a short key',
    request: `GET /ws HTTP/1.1\r\n${UPGRADE}${VERSION}Sec-WebSocket-Key: c2hvcnQ=\r\n`,
    status: 400,
  },
  {
    name: 'a key that is no base64',
    request: `GET /ws HTTP/1.1\r\n${UPGRADE}${VERSION}Sec-WebSocket-Key: !!!!!!!!!!!!!!!!!!!!!!==\r\n`,
    status: 400,
  },
  {
    name: 'two keys',
    request: `GET /ws HTTP/1.1\r\n${UPGRADE}${VERSION}${KEY}${KEY}`,
    status: 400,
  },
  { name: 'no key', request: `GET /ws HTTP/1.1\r\n${UPGRADE}${VERSION}`, status: 400 },
  { name: 'no Upgrade', request: `GET /ws HTTP/1.1\r\nConnection: Upgrade\r\n${VERSION}${KEY}`, status: 426 },
  { name: 'no Connection', request: `GET /ws HTTP/1.1\r\nUpgrade: websocket\r\n${VERSION}${KEY}`, status: 426 },
  {
    name: 'another protocol',
    request: `GET /ws HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n${KEY}`,
    status: 426,
  },
  { name: 'POST', request: `POST /ws HTTP/1.1\r\n${UPGRADE}${VERSION}${KEY}`, status: 400 },
  { name: 'HEAD', request: `HEAD /ws HTTP/1.1\r\n${UPGRADE}${VERSION}${KEY}`, status: 400 },
  { name: 'a body', request: `GET /ws HTTP/1.1\r\nContent-Length: 2\r\n${UPGRADE}${VERSION}${KEY}`, status: 400 },
];

for (const kind of KINDS) {
  describe(`edge ${kind}: socket handshakes`, () => {
    let edge: Edge;
    const handled: string[] = [];
    const { handler, seen } = recordingSockets((one, text) => one.socket.send(Buffer.from(text)));
    before(async () => {
      edge = await startEdge(kind, {
        sockets: handler,
        onRequest(request, response) {
          handled.push(request.url ?? '');
          response.statusCode = 404;
          response.end('http');
        },
      });
    });
    beforeEach(() => (handled.length = 0));
    after(() => edge.stop());

    for (const { name, request, status } of REFUSED) {
      it(`refuses ${name} and closes`, async () => {
        const sockets = seen.length;
        const client = await edge.connect();
        const head = request.startsWith('HEAD');
        const answer = await client.write(`${request}Host: a\r\n\r\n`).response({ head });
        expect(answer.status).to.equal(status);
        expect(answer.headers.get('content-type')).to.deep.equal(['application/problem+json']);
        expect(answer.headers.get('connection')).to.deep.equal(['close']);
        if (status === 426) expect(answer.headers.get('sec-websocket-version')).to.deep.equal(['13']);
        expect(seen.length).to.equal(sockets);
        expect(handled).to.deep.equal([]);
        await client.end();
      });
    }

    it('opens a socket and answers the key', async () => {
      const client = await edge.connect();
      const { status, headers } = await client.write(HANDSHAKE).response();
      expect(status).to.equal(101);
      expect(headers.get('sec-websocket-accept')).to.deep.equal(['s3pPLMBiTxaQ9kYGzzhZRbK+xOo=']);
      expect(headers.has('sec-websocket-protocol')).to.equal(false);
      client.write(frame(OPCODE.text, 'hello'));
      expect(await readFrame(client)).to.deep.equal({ opcode: OPCODE.text, payload: Buffer.from('hello') });
    });

    it('hands over the handshake as it was sent', async () => {
      const request = `GET /ws/%2F1?token=a%20b&x=?&token HTTP/1.1\r\nHost: a\r\n${UPGRADE}${VERSION}${KEY}`;
      await openSocket(edge, `${request}X-A: 1\r\nx-a: 2\r\nCookie: a\r\nCookie: b\r\n\r\n`);
      const handshake = seen.at(-1)?.handshake;
      expect(handshake).to.include({ path: '/ws/%2F1', query: 'token=a%20b&x=?&token', peerAddress: '127.0.0.1' });
      expect(handshake?.headers).to.include({ host: 'a', 'x-a': '1, 2', cookie: 'a; b' });
    });

    it('echoes the subprotocol that was chosen, and only that', async () => {
      const offered = HANDSHAKE.replace('\r\n\r\n', '\r\nSec-WebSocket-Protocol: bearer.x, parley.v1\r\n\r\n');
      const client = await edge.connect();
      const { status, headers } = await client.write(offered).response();
      expect(status).to.equal(101);
      expect(headers.get('sec-websocket-protocol')).to.deep.equal(['parley.v1']);
      const other = await edge.connect();
      const unknown = await other.write(offered.replace('parley.v1', 'other.v9')).response();
      expect(unknown.status).to.equal(101);
      expect(unknown.headers.has('sec-websocket-protocol')).to.equal(false);
    });

    it('negotiates no extension', async () => {
      const client = await edge.connect();
      const { status, headers } = await client
        .write(HANDSHAKE.replace('\r\n\r\n', '\r\nSec-WebSocket-Extensions: permessage-deflate, nonsense\r\n\r\n'))
        .response();
      expect(status).to.equal(101);
      expect(headers.has('sec-websocket-extensions')).to.equal(false);
    });

    it('leaves a handshake at another path to the HTTP side', async () => {
      const client = await edge.connect();
      const { status, body } = await client.write(HANDSHAKE.replace('/ws', '/other')).response();
      expect([status, body.toString()]).to.deep.equal([404, 'http']);
      expect(handled).to.deep.equal(['/other']);
    });

    it('ignores a request to upgrade to anything else', async () => {
      const client = await edge.connect();
      client.write('GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\r\n');
      expect((await client.response()).body.toString()).to.equal('http');
    });

    it('opens a socket on a connection that served requests before', async () => {
      const client = await edge.connect();
      expect((await client.write('GET /before HTTP/1.1\r\nHost: a\r\n\r\n').response()).status).to.equal(404);
      expect((await client.write(HANDSHAKE).response()).status).to.equal(101);
      client.write(frame(OPCODE.text, 'after'));
      expect((await readFrame(client)).payload.toString()).to.equal('after');
    });

    it('gives every socket an id of its own', async () => {
      await openSocket(edge);
      await openSocket(edge);
      const ids = seen.map(({ socket }) => socket.id);
      expect(new Set(ids).size).to.equal(ids.length);
    });
  });

  describe(`edge ${kind}: a socket side that fails`, () => {
    it('answers 500 where it fails to decide, closes with 1011 where it fails to open', async () => {
      const edge = await startEdge(kind, {
        sockets: {
          accept({ path }) {
            if (path === '/ws/accept') throw new Error('planted secret');
            return { protocol: null };
          },
          open() {
            throw new Error('planted secret');
          },
        },
      });
      try {
        const client = await edge.connect();
        const { status, body } = await client.write(HANDSHAKE.replace('/ws', '/ws/accept')).response();
        expect(status).to.equal(500);
        expect(body.toString()).not.to.include('planted');
        const other = await openSocket(edge);
        const { opcode, payload } = await readFrame(other);
        expect([opcode, payload.readUInt16BE()]).to.deep.equal([OPCODE.close, 1011]);
        await until(() => edge.warnings.length === 2, 'two warnings');
      } finally {
        await edge.stop();
      }
    });
  });
}
