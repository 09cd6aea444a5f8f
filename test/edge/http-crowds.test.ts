import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect } from 'chai';
import { BODIES_BYTES } from '../../src/edge/rules.js';
import { KINDS, startEdge, until } from './support/edge.js';

const MB = 1_048_576;
/** More than the buffers of both sides hold at once. */
const LARGE = Buffer.alloc(8 * MB, 'x');
/** Of these, with what the system takes, far more than 64 MB wait. */
const READERS = 30;
const BODY_BYTES = 700_000;
const BODIES = 120;

/** Reads a little all the time, so that nobody can say that it stands still. */
function trickle(socket: Socket): void {
  socket.on('readable', () => undefined);
  const timer = setInterval(() => void socket.read(Math.min(2_000, Math.max(1, socket.readableLength))), 50);
  socket.once('close', () => clearInterval(timer));
}

async function open(port: number): Promise<{ readonly socket: Socket; isClosed: boolean; text: string }> {
  const socket = connect({ port, host: '127.0.0.1' });
  const client = { socket, isClosed: false, text: '' };
  socket.on('error', () => undefined);
  socket.once('close', () => (client.isClosed = true));
  await once(socket, 'connect');
  return client;
}

describe('edge: crowds', function () {
  this.timeout(60_000);

  for (const kind of KINDS) {
    it(`${kind}: bounds what waits for all readers, however steadily they read, and goes on serving`, async () => {
      const answers: ('waits' | 'left' | 'cut')[] = [];
      let most = 0;
      const edge = await startEdge(kind, {
        onRequest(request, response) {
          const at = answers.push('waits') - 1;
          most = Math.max(most, answers.filter((answer) => answer === 'waits').length);
          response.once('finish', () => (answers[at] = 'left'));
          // Node calls an answer finished that goes down with its connection.
          response.once('close', () => {
            if (answers[at] === 'waits' || request.socket.destroyed) answers[at] = 'cut';
          });
          response.end(LARGE);
        },
      });
      try {
        const readers: Awaited<ReturnType<typeof open>>[] = [];
        for (let index = 0; index < READERS; index += 1) {
          const reader = await open(edge.port);
          trickle(reader.socket);
          reader.socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
          readers.push(reader);
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
        // Bytes that are the process's own: what the system has taken of each is not among them.
        await until(
          () => answers.filter((answer) => answer === 'cut').length >= READERS - 15,
          'the oldest are cut',
          5_000,
        );
        expect([answers[0], answers.at(-1)]).to.deep.equal(['cut', 'waits']);
        // At no time more than 64 MiB and the newest; who seems to stand still is cut two seconds later anyway.
        expect(most).to.be.at.most(64 / 8 + 2);
        const client = await edge.connect();
        const { body } = await client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n').response();
        expect(body.byteLength).to.equal(LARGE.byteLength);
        for (const { socket } of readers) socket.destroy();
      } finally {
        await edge.stop();
      }
    });

    it(`${kind}: bounds the bodies on their way to all requests, and goes on taking others`, async () => {
      let handled = 0;
      const edge = await startEdge(kind, {
        maxBodyBytes: BODY_BYTES,
        onRequest(request, response) {
          handled += 1;
          request.resume();
          request.once('end', () => response.end('done'));
        },
      });
      try {
        const senders: Awaited<ReturnType<typeof open>>[] = [];
        const head = `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${BODY_BYTES}\r\n\r\n`;
        for (let index = 0; index < BODIES; index += 1) {
          const sender = await open(edge.port);
          sender.socket.on('data', (chunk: Buffer) => (sender.text += chunk.toString('latin1')));
          sender.socket.write(head);
          sender.socket.write(Buffer.alloc(BODY_BYTES - 1, 'b'));
          senders.push(sender);
        }
        const most = Math.ceil(BODIES_BYTES / (BODY_BYTES - 1));
        const refused = (): number => senders.filter(({ text }) => text.startsWith('HTTP/1.1 503')).length;
        await until(() => refused() >= BODIES - most, 'the oldest are refused', 20_000);
        expect(senders.filter(({ text }) => text === '').length).to.be.within(most - 10, most);
        // Who is left may finish, and others are served.
        const last = senders.at(-1);
        last?.socket.write('b');
        await until(() => last?.text.startsWith('HTTP/1.1 200') === true, 'the newest is answered');
        const client = await edge.connect();
        expect(
          (await client.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nb').response()).status,
        ).to.equal(200);
        expect(handled).to.be.above(1);
        for (const { socket } of senders) socket.destroy();
      } finally {
        await edge.stop();
      }
    });
  }
});
