import { expect } from 'chai';
import { CLOSE_TIMEOUT_MS } from '../../src/edge/rules.js';
import { KINDS, recordingSockets, startEdge, until, type Edge, type Seen } from './support/edge.js';
import { frame, openSocket, OPCODE, readFrame } from './support/frames.js';
import type { RawClient } from './support/raw-client.js';

const { text, ping, pong } = OPCODE;
const MAX_QUEUED = 100_000;
/** Five hundred pings of the largest size, written at a time. */
const PINGS = Buffer.concat(Array<Buffer>(500).fill(frame(ping, 'x'.repeat(125))));

for (const kind of KINDS) {
  describe(`edge ${kind}: pings and pongs`, function () {
    this.timeout(60_000);
    let edge: Edge;
    const { handler, seen } = recordingSockets();
    before(async () => {
      edge = await startEdge(kind, { maxQueuedBytes: MAX_QUEUED, sockets: handler });
    });
    after(() => edge.stop());

    async function open() {
      const client = await openSocket(edge);
      return { client, one: seen.at(-1) as Seen };
    }

    /** Pings without reading until answers wait on the other side: the buffers on the way hold some megabytes. */
    async function pingUntilQueued(client: RawClient, one: Seen): Promise<void> {
      client.socket.pause();
      for (let written = 0; one.socket.queuedBytes() === 0; written += PINGS.byteLength) {
        if (written > 100_000_000) throw new Error('nothing waits for a peer that does not read');
        client.write(PINGS);
        await new Promise((resolve) => setImmediate(resolve));
      }
    }

    it('tells of each ping, answers it, and counts the answer', async () => {
      const { client, one } = await open();
      client.write(Buffer.concat([frame(ping, 'one'), frame(ping, ''), frame(text, 'x')]));
      expect(await readFrame(client)).to.deep.equal({ opcode: pong, payload: Buffer.from('one') });
      expect(await readFrame(client)).to.deep.equal({ opcode: pong, payload: Buffer.alloc(0) });
      await until(() => one.messages.length === 1, 'the message');
      expect([one.pings, one.socket.writtenBytes(), one.socket.queuedBytes()]).to.deep.equal([2, 2 + 3 + 2, 0]);
    });

    it('knows an answer to its ping from a pong that nobody asked for, also from an old one', async () => {
      const { client, one } = await open();
      client.write(frame(pong, 'x')).write(frame(pong, ''));
      await until(() => one.pongs.length === 2, 'the pongs');
      one.socket.ping();
      one.socket.ping();
      const [first, second] = [await readFrame(client), await readFrame(client)];
      expect(first).to.deep.equal(second);
      expect(first.opcode).to.equal(ping);
      client.write(frame(pong, 'x')).write(frame(pong, first.payload)).write(frame(pong, first.payload));
      await until(() => one.pongs.length === 5, 'the answers');
      expect(one.pongs).to.deep.equal([false, false, false, true, false]);
      one.socket.ping();
      expect((await readFrame(client)).payload.equals(first.payload), 'asked anew').to.equal(false);
    });

    it('counts what waits for a peer that pings and does not read, and has it told when it reads', async () => {
      const { client, one } = await open();
      await pingUntilQueued(client, one);
      const { socket } = one;
      expect(socket.writtenBytes() - socket.queuedBytes()).to.be.above(0);
      expect(socket.send(Buffer.from('behind'))).to.equal('queued');
      client.socket.resume();
      await until(() => socket.queuedBytes() === 0, 'an empty queue');
      expect(one.drains).to.be.above(0);
      let last = await readFrame(client);
      while (last.opcode === pong) last = await readFrame(client);
      expect(last.payload.toString()).to.equal('behind');
    });

    it('keeps a ping in its place behind frames that wait', async () => {
      const { client, one } = await open();
      client.socket.pause();
      let frames = 0;
      // Beyond the window of the transport: the last ones wait before it.
      for (; one.socket.queuedBytes() < MAX_QUEUED - 10_000; frames += 1) one.socket.send(Buffer.alloc(5_000, 'x'));
      one.socket.ping();
      expect(one.socket.send(Buffer.from('last'))).to.equal('queued');
      client.socket.resume();
      for (let read = 0; read < frames; read += 1) expect((await readFrame(client)).opcode).to.equal(text);
      expect((await readFrame(client)).opcode).to.equal(ping);
      expect((await readFrame(client)).payload.toString()).to.equal('last');
    });

    it('drops a peer that goes on pinging instead of taking its close, soon and without hoarding answers', async () => {
      const { client, one } = await open();
      await pingUntilQueued(client, one);
      const started = performance.now();
      one.socket.close(4408, 'Reading too slowly');
      let most = 0;
      while (one.closes.length === 0 && performance.now() - started < 2 * CLOSE_TIMEOUT_MS + 3_000) {
        client.write(PINGS);
        most = Math.max(most, one.socket.queuedBytes());
        await new Promise((resolve) => setImmediate(resolve));
      }
      expect(one.closes).to.deep.equal([1006]);
      // What the peer had sent before the server looks is one piece of half a megabyte at most.
      expect(most).to.be.at.most(MAX_QUEUED + 600_000);
    });
  });
}
