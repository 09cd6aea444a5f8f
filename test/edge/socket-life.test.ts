import { expect } from 'chai';
import { CLOSE_TIMEOUT_MS } from '../../src/edge/rules.js';
import type { SendResult } from '../../src/ports/listener.js';
import { KINDS, recordingSockets, startEdge, until, type Edge, type Seen } from './support/edge.js';
import { closePayload, frame, openSocket, OPCODE, readClose, readFrame } from './support/frames.js';

const MAX_QUEUED = 200_000;
const { text, close } = OPCODE;

for (const kind of KINDS) {
  describe(`edge ${kind}: the life of a socket`, () => {
    let edge: Edge;
    const { handler, seen } = recordingSockets((one, said) => {
      if (said === 'close') one.socket.close(4003, 'Access denied to chat');
      if (said === 'throw') throw new Error('planted secret');
    });
    before(async () => {
      edge = await startEdge(kind, { maxQueuedBytes: MAX_QUEUED, sockets: handler });
    });
    after(() => edge.stop());

    async function open() {
      const client = await openSocket(edge);
      return { client, one: seen.at(-1) as Seen };
    }

    /** Sends until the queue is full; the bytes accepted, and how each frame fared. */
    function fill(one: Seen, bytes: number): { readonly accepted: number; readonly results: readonly SendResult[] } {
      const results: SendResult[] = [];
      let accepted = 0;
      const piece = Buffer.alloc(bytes, 'x');
      while (results.at(-1) !== 'refused' && results.length < 10_000) {
        results.push(one.socket.send(piece));
        if (results.at(-1) !== 'refused') accepted += 1;
      }
      return { accepted, results };
    }

    it('sends text frames in order, as they were given', async () => {
      const { client, one } = await open();
      const frames = ['a', 'é', 'x'.repeat(126), 'y'.repeat(70_000)];
      const shared = frames.map((payload) => Buffer.from(payload));
      for (const payload of shared) expect(one.socket.send(payload)).to.be.oneOf(['sent', 'queued']);
      for (const payload of frames) {
        expect(await readFrame(client)).to.deep.equal({ opcode: text, payload: Buffer.from(payload) });
      }
      expect(shared.map(String)).to.deep.equal(frames);
      expect(one.socket.queuedBytes()).to.equal(0);
    });

    it('queues for a slow reader, refuses above the bound, and loses nothing it accepted', async () => {
      const { client, one } = await open();
      client.socket.pause();
      const { accepted, results } = fill(one, 10_000);
      expect(results[0]).to.equal('sent');
      expect(results).to.include('queued');
      expect(results.at(-1)).to.equal('refused');
      expect(one.socket.queuedBytes()).to.be.within(MAX_QUEUED - 10_100, MAX_QUEUED + 100);
      expect(one.drains).to.equal(0);
      client.socket.resume();
      for (let i = 0; i < accepted; i += 1) expect((await readFrame(client)).payload.byteLength).to.equal(10_000);
      await until(() => one.leftAtDrain === 0, 'the drain of the last part');
      await until(() => one.socket.queuedBytes() === 0, 'an empty queue');
      expect(one.socket.send(Buffer.from('again'))).to.equal('sent');
      expect((await readFrame(client)).payload.toString()).to.equal('again');
    });

    it('does not tell of drains where nothing waited', async () => {
      const { client, one } = await open();
      for (let i = 0; i < 10; i += 1) one.socket.send(Buffer.from('x'));
      for (let i = 0; i < 10; i += 1) await readFrame(client);
      expect(one.drains).to.equal(0);
    });

    it('closes with code and reason, after what was sent, and tells it once', async () => {
      const { client, one } = await open();
      one.socket.send(Buffer.from('last'));
      one.socket.close(4401, 'Token expired');
      one.socket.close(1000, 'again');
      expect(one.closes, 'told after the call').to.deep.equal([]);
      expect((await readFrame(client)).payload.toString()).to.equal('last');
      const { opcode, payload } = await readFrame(client);
      expect([opcode, payload.readUInt16BE(), payload.subarray(2).toString()]).to.deep.equal([
        close,
        4401,
        'Token expired',
      ]);
      client.write(frame(close, payload));
      await client.end();
      await until(() => one.closes.length > 0, 'the close');
      expect(one.closes).to.deep.equal([4401]);
    });

    it('cuts a reason that no frame can hold between characters', async () => {
      const { client, one } = await open();
      one.socket.close(4001, '€'.repeat(100));
      expect((await readFrame(client)).payload.subarray(2).toString()).to.equal('€'.repeat(41));
    });

    it('tells of no message after its own close', async () => {
      const { client, one } = await open();
      client.write(Buffer.concat([frame(text, 'close'), frame(text, 'behind'), frame(text, 'more')]));
      expect(await readClose(client)).to.equal(4003);
      client.write(frame(text, 'later')).write(frame(close, closePayload(4003)));
      await client.end();
      await until(() => one.closes.length > 0, 'the close');
      expect(one.messages.map((message) => message.text)).to.deep.equal(['close']);
    });

    it('is safe to use after the close', async () => {
      const { client, one } = await open();
      one.socket.close(1000, '');
      const use = (): void => {
        expect(one.socket.send(Buffer.from('x'))).to.equal('closed');
        one.socket.close(1000, '');
        one.socket.terminate();
        expect(one.socket.queuedBytes()).to.be.a('number');
      };
      use();
      await until(() => one.closes.length === 1, 'the close');
      use();
      await client.end();
      expect(one.closes).to.have.length(1);
      expect(one.socket.queuedBytes()).to.equal(0);
    });

    it('passes on the code of the peer', async () => {
      for (const [payload, code] of [
        [closePayload(1000), 1000],
        [closePayload(1001, 'going'), 1001],
        [closePayload(4000), 4000],
        [Buffer.alloc(0), 1005],
      ] as const) {
        const { client, one } = await open();
        client.write(frame(close, payload));
        expect(await readClose(client)).to.equal(code);
        await until(() => one.closes.length > 0, 'the close');
        expect(one.closes).to.deep.equal([code]);
      }
    });

    it('tells 1006 where the connection ends without a close frame', async () => {
      for (const cut of ['end', 'resetAndDestroy', 'terminate'] as const) {
        const { client, one } = await open();
        if (cut === 'terminate') one.socket.terminate();
        else client.socket[cut]();
        await until(() => one.closes.length > 0, `the close after ${cut}`);
        expect(one.closes).to.deep.equal([1006]);
        await client.end();
      }
    });

    it('drops a reader that never takes the close frame', async () => {
      const { client, one } = await open();
      client.socket.pause();
      fill(one, 50_000);
      const started = performance.now();
      one.socket.close(4408, 'Reading too slowly');
      await until(() => one.closes.length > 0, 'the close');
      expect(performance.now() - started).to.be.within(CLOSE_TIMEOUT_MS - 100, CLOSE_TIMEOUT_MS + 1_500);
      expect(one.closes).to.deep.equal([1006]);
    });

    it('lets a slow reader have everything before the close frame', async () => {
      const { client, one } = await open();
      client.socket.pause();
      const { accepted } = fill(one, 50_000);
      one.socket.close(4408, 'Reading too slowly');
      client.socket.resume();
      for (let i = 0; i < accepted; i += 1) expect((await readFrame(client)).opcode).to.equal(text);
      expect(await readClose(client)).to.equal(4408);
    });

    it('closes what is refused while it opens, and tells it once', async () => {
      const closes: number[] = [];
      const refusing = await startEdge(kind, {
        sockets: {
          accept: () => ({ protocol: null }),
          open(socket) {
            socket.close(4001, 'Authentication failed');
            return {
              message: () => undefined,
              ping: () => undefined,
              pong: () => undefined,
              drained: () => undefined,
              closed: (code) => closes.push(code),
            };
          },
        },
      });
      try {
        const client = await openSocket(refusing);
        expect(await readClose(client)).to.equal(4001);
        client.write(frame(close, closePayload(4001)));
        await client.end();
        await until(() => closes.length > 0, 'the close');
        expect(closes).to.deep.equal([4001]);
      } finally {
        await refusing.stop();
      }
    });

    it('closes with 1011 where the side above throws, and goes on', async () => {
      const { client, one } = await open();
      client.write(frame(text, 'throw'));
      expect(await readClose(client)).to.equal(1011);
      await until(() => one.closes.length === 1, 'the close');
      expect(edge.warnings.map(({ message }) => message)).to.deep.equal(['A socket handler failed']);
      const other = await open();
      other.client.write(frame(text, 'fine'));
      await until(() => other.one.messages.length === 1, 'the message');
    });
  });
}
