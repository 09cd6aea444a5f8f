import { expect } from 'chai';
import type { RequestHandler } from '../../src/ports/listener.js';
import { KINDS, recordingSockets, startEdge, until, type Edge, type Kind } from './support/edge.js';
import { frame, HANDSHAKE, OPCODE, openSocket } from './support/frames.js';

const LIMIT_MS = 15_000;

/** Answers more than any kernel buffers, and notes when its client is gone. */
function flood(gone: () => void): RequestHandler {
  return (request, response) => {
    if (request.url !== '/flood') return void response.end('ok');
    request.socket.once('close', gone);
    response.once('close', gone);
    response.end(Buffer.alloc(32 * 1_048_576));
  };
}

/** Connections that say nothing, never enough, or never read: after `LIMIT_MS` none of them is left. */
async function keepSilent(kind: Kind, edge: Edge, floodEnded: () => boolean): Promise<void> {
  const idle = await Promise.all(Array.from({ length: 50 }, () => edge.connect()));
  const slow = await edge.connect();
  slow.write('GET / HTTP/1.1\r\nHost: a\r\n');
  const drip = setInterval(() => slow.write('X: 1\r\n'), 500);
  const kept = await edge.connect();
  await kept.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n').response();
  const dead = await edge.connect();
  await dead.write(HANDSHAKE).response();
  const alive = await openSocket(edge);
  alive.socket.on('data', () => alive.write(frame(OPCODE.pong, '')));
  const deaf = await edge.connect();
  deaf.socket.pause();
  deaf.write('GET /flood HTTP/1.1\r\nHost: a\r\n\r\n');
  const all = [...idle, slow, kept, dead];
  try {
    await until(
      () => floodEnded() && all.every((client) => client.closed),
      `${kind}: the end of all connections`,
      LIMIT_MS,
    );
  } finally {
    clearInterval(drip);
  }
  expect(alive.closed, `${kind}: a socket that answers pings stays`).to.equal(false);
  expect(dead.pending[0], `${kind}: a ping before the end`).to.equal(0x89);
}

describe('edge: silence', () => {
  it('idle connections, slow heads, kept connections, deaf clients and dead sockets are cut within 15 s', async () => {
    const sockets = KINDS.map(() => recordingSockets());
    const ended = KINDS.map(() => false);
    const edges = await Promise.all(
      KINDS.map((kind, i) =>
        startEdge(kind, {
          idleTimeoutMs: 8_000,
          sockets: sockets[i]?.handler,
          onRequest: flood(() => (ended[i] = true)),
        }),
      ),
    );
    try {
      await Promise.all(KINDS.map((kind, i) => keepSilent(kind, edges[i] as Edge, () => ended[i] === true)));
      for (const { seen } of sockets) expect(seen.map(({ closes }) => closes)).to.deep.equal([[1006], []]);
    } finally {
      await Promise.all(edges.map((edge) => edge.stop()));
    }
  });
});
