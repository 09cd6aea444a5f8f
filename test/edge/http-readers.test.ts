import { once } from 'node:events';
import { connect } from 'node:net';
import { expect } from 'chai';
import { parseSendQueues, readSendQueues } from '../../src/edge/send-queues.js';
import { KINDS, startEdge, until, type Edge } from './support/edge.js';

const MB = 1_048_576;
/** More than the buffers of both sides hold at once. */
const LARGE = Buffer.alloc(6 * MB, 'x');
const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

/** Reads so many bytes a second for so many seconds, then as fast as it can; answers all there was. */
async function readSlowly(port: number, path: string, bytesPerSecond: number, seconds: number): Promise<number> {
  const socket = connect({ port, host: '127.0.0.1' });
  await once(socket, 'connect');
  socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
  let read = 0;
  let credit = 0;
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.on('readable', () => undefined);
  socket.on('error', () => undefined);
  const until = performance.now() + seconds * 1_000;
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      credit = Math.min(bytesPerSecond, credit + bytesPerSecond / 20);
      const chunk = socket.read(Math.min(Math.floor(credit), socket.readableLength)) as Buffer | null;
      read += chunk?.byteLength ?? 0;
      credit -= chunk?.byteLength ?? 0;
      if (performance.now() < until && !socket.destroyed) return;
      clearInterval(timer);
      resolve();
    }, 50);
  });
  socket.removeAllListeners('readable');
  socket.on('data', (chunk: Buffer) => (read += chunk.byteLength));
  socket.resume();
  await closed;
  return read;
}

describe('edge: readers', function () {
  this.timeout(90_000);

  it('sends a large answer whole to a steady reader of 60 KB/s, for which the system takes nothing for 14 s', async () => {
    const edges = await Promise.all(
      KINDS.map((kind) => startEdge(kind, { onRequest: (_request, response) => void response.end(LARGE) })),
    );
    try {
      const read = await Promise.all(edges.map(({ port }) => readSlowly(port, '/', 60 * 1_024, 20)));
      for (const [at, bytes] of read.entries()) expect(bytes, KINDS[at]).to.be.above(LARGE.byteLength);
    } finally {
      await Promise.all(edges.map((edge) => edge.stop()));
    }
  });

  it('reads what peers have not acknowledged from the table of the system', async () => {
    const table = [
      '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
      '   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0',
      '   1: 0100007F:1F90 0200000A:D2C4 01 000001F4:00000007 00:00000000 00000000     0        0 2 1 0 20 4 30 10 -1',
      '   2: 0100007F:0050 0200000A:1F90 01 00000FFF:00000000 00:00000000 00000000     0        0 3 1 0 20 4 30 10 -1',
      '   0: 0000000000000000FFFF00000100007F:1F90 0000000000000000FFFF00000300000A:0001 01 00000010:00000000 00:00000000',
    ].join('\n');
    const queues = parseSendQueues(table, 8_080);
    expect(queues.get('10.0.0.2')).to.deep.equal(new Map([[53_956, 500]]));
    expect(queues.get('10.0.0.3')).to.deep.equal(new Map([[1, 16]]));
    expect(parseSendQueues('nothing', 8_080).size).to.equal(0);
    expect(await readSendQueues(1)).to.deep.equal(process.platform === 'linux' ? new Map() : null);
  });

  for (const kind of KINDS) {
    describe(kind, () => {
      let edge: Edge;
      let handled = 0;
      const body = 'y'.repeat(1_000);
      before(async () => {
        edge = await startEdge(kind, {
          onRequest(_request, response) {
            handled += 1;
            response.setHeader('Content-Length', body.length).end(body);
          },
        });
      });
      beforeEach(() => (handled = 0));
      after(() => edge.stop());

      it('answers a reader on one connection for as long as it likes', async () => {
        const client = await edge.connect();
        for (let count = 0; count < 1_000; count += 1) {
          const { status, body: got } = await client.write(GET).response();
          expect([status, got.toString()]).to.deep.equal([200, body]);
        }
      });

      it('answers HEAD, and ends the connection where it cannot know whether the answers have left', async () => {
        for (let connections = 0, count = 0; count < 1_000; connections += 1) {
          expect(connections).to.be.below(20);
          const client = await edge.connect();
          for (let closes = false; !closes && count < 1_000; count += 1) {
            const { status, headers } = await client.write(GET.replace('GET', 'HEAD')).response({ head: true });
            expect([status, headers.get('content-length')]).to.deep.equal([200, ['1000']]);
            closes = headers.get('connection')?.[0] === 'close';
          }
        }
        expect(handled).to.equal(1_000);
      });

      it('runs no more for one that never reads than the buffers on the way hold', async () => {
        const client = await edge.connect();
        client.socket.pause();
        let asked = 0;
        for (; !client.closed && asked < 20_000; asked += 1) {
          const before = handled;
          client.write(GET);
          const turn = performance.now();
          // The next one only when this one was run, so that none of them is pipelined as long as answers leave.
          while (handled === before && !client.closed && performance.now() - turn < 500) {
            await new Promise((resolve) => setImmediate(resolve));
          }
          if (handled === before) break;
        }
        expect(asked, 'it comes to a stand').to.be.below(20_000);
        expect(handled * body.length).to.be.below(12 * MB);
        client.socket.resetAndDestroy();
        await until(() => client.closed, 'the end');
      });
    });
  }
});
