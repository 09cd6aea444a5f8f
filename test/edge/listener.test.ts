import { expect } from 'chai';
import { openListener } from '../../src/edge/open-listener.js';
import type { ListenerOptions } from '../../src/ports/listener.js';
import { KINDS, NO_SOCKETS, recordingSockets, startEdge, until } from './support/edge.js';
import { frame, openSocket, OPCODE, readFrame } from './support/frames.js';

const OPTIONS: ListenerOptions = {
  host: '127.0.0.1',
  port: 0,
  onRequest: (_request, response) => void response.end('ok'),
  sockets: NO_SOCKETS,
  maxFrameBytes: 1_000,
  maxQueuedBytes: 1_000,
  maxBodyBytes: 1_000,
  maxHeaderBytes: 16_384,
  requestTimeoutMs: 0,
  handlerTimeoutMs: 0,
  idleTimeoutMs: 0,
};

async function failure(promise: Promise<unknown>): Promise<NodeJS.ErrnoException> {
  try {
    await promise;
  } catch (error) {
    return error as NodeJS.ErrnoException;
  }
  throw new Error('it did not fail');
}

for (const kind of KINDS) {
  describe(`edge ${kind}: listener`, () => {
    it('says its kind and the port it got', async () => {
      const edge = await startEdge(kind);
      expect(edge.listener.kind).to.equal(kind);
      expect(edge.port).to.be.greaterThan(0);
      await edge.stop();
    });

    for (const holder of KINDS) {
      it(`refuses a port that a ${holder} listener holds: EADDRINUSE`, async () => {
        const edge = await startEdge(holder);
        try {
          const second = await openListener(kind, { ...OPTIONS, port: edge.port }, () => undefined);
          expect((await failure(second.listen())).code).to.equal('EADDRINUSE');
          await second.close();
        } finally {
          await edge.stop();
        }
      });
    }

    it('refuses an address that is not ours', async () => {
      const listener = await openListener(kind, { ...OPTIONS, host: '192.0.2.1' }, () => undefined);
      expect((await failure(listener.listen())).code).to.equal('EADDRNOTAVAIL');
      await listener.close();
    });

    it('serves IPv4 and IPv6 on ::, and calls an IPv4 peer by its own address', async () => {
      const { handler, seen } = recordingSockets();
      const edge = await startEdge(kind, { host: '::', sockets: handler });
      try {
        await openSocket(edge);
        expect(seen.map(({ handshake }) => handshake.peerAddress)).to.deep.equal(['127.0.0.1']);
      } finally {
        await edge.stop();
      }
    });

    it('stops accepting, finishes what is in flight and says that the connection ends', async () => {
      let answer: () => void = () => undefined;
      const { handler, seen } = recordingSockets((one, text) => one.socket.send(Buffer.from(text)));
      const edge = await startEdge(kind, {
        sockets: handler,
        onRequest: (_request, response) => void (answer = () => response.end('done')),
      });
      try {
        const socket = await openSocket(edge);
        const client = await edge.connect();
        client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
        const before = answer;
        await until(() => answer !== before, 'the request');
        edge.listener.stopAccepting();
        edge.listener.stopAccepting();
        expect((await failure(edge.connect())).code).to.equal('ECONNREFUSED');
        answer();
        const { status, headers, body } = await client.response();
        expect([status, body.toString()]).to.deep.equal([200, 'done']);
        expect(headers.get('connection')).to.deep.equal(['close']);
        await client.end();
        socket.write(frame(OPCODE.text, 'still here'));
        expect((await readFrame(socket)).payload.toString()).to.equal('still here');
        expect(seen[0]?.closes).to.deep.equal([]);
      } finally {
        await edge.stop();
      }
    });

    it('drops everything on close, which may be called again', async () => {
      const { handler, seen } = recordingSockets();
      const edge = await startEdge(kind, { sockets: handler, onRequest: () => undefined });
      const socket = await openSocket(edge);
      const waiting = await edge.connect();
      waiting.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
      const idle = await edge.connect();
      await Promise.all([edge.listener.close(), edge.listener.close()]);
      await Promise.all([socket.end(), waiting.end(), idle.end()]);
      await until(() => seen[0]?.closes.length === 1, 'the close of the socket');
      expect(seen[0]?.closes).to.deep.equal([1006]);
      await edge.stop();
      expect((await failure(edge.connect())).code).to.equal('ECONNREFUSED');
    });

    it('closes where stopping has already ended every connection', async () => {
      const edge = await startEdge(kind);
      const client = await edge.connect();
      await client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n').response();
      edge.listener.stopAccepting();
      // node:http ends idle connections when it stops accepting, uWebSockets.js leaves them.
      if (kind === 'node') await client.end();
      await edge.listener.close();
      await client.end();
      await edge.stop();
    });

    it('closes without ever having listened', async () => {
      const listener = await openListener(kind, OPTIONS, () => undefined);
      listener.stopAccepting();
      await listener.close();
    });
  });
}

describe('edge: choice of the listener', () => {
  const missing = { load: () => Promise.reject(new Error('no binary')) };

  it('takes uWebSockets.js by itself where it loads', async () => {
    const warnings: string[] = [];
    const limits: number[] = [];
    const listener = await openListener('auto', OPTIONS, (message) => warnings.push(message), {
      prepare: (bytes) => limits.push(bytes),
    });
    expect([listener.kind, warnings, limits]).to.deep.equal(['uws', [], [16_384]]);
  });

  it('falls back to node:http with one warning that holds the cause', async () => {
    const warnings: unknown[] = [];
    const listener = await openListener('auto', OPTIONS, (message, cause) => warnings.push(message, cause), missing);
    expect(listener.kind).to.equal('node');
    expect(warnings).to.have.length(2);
    expect(warnings[1]).to.be.instanceOf(Error);
    const { port } = await listener.listen();
    expect(port).to.be.greaterThan(0);
    await listener.close();
  });

  it('fails where uWebSockets.js is asked for and does not load', async () => {
    expect((await failure(openListener('uws', OPTIONS, () => undefined, missing))).message).to.equal('no binary');
  });
});
