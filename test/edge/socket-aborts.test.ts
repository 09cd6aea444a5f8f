import { expect } from 'chai';
import { createRandom } from '../helpers/random.js';
import { KINDS, recordingSockets, startEdge, until, type Edge } from './support/edge.js';
import { frame, HANDSHAKE, OPCODE } from './support/frames.js';
import { heldNow, isBackTo, type Held } from './support/leaks.js';

const FRAMES = Buffer.concat([
  frame(OPCODE.text, '{"type":"ping"}'),
  frame(OPCODE.text, 'x'.repeat(300), { fin: false }),
  frame(OPCODE.continuation, 'y'.repeat(300)),
  frame(OPCODE.ping, 'ping'),
]);

for (const kind of KINDS) {
  describe(`edge ${kind}: sockets whose clients go away`, function () {
    this.timeout(60_000);
    let edge: Edge;
    let sockets: ReturnType<typeof recordingSockets>;
    let baseline: Held;

    before(async () => {
      // Answers each message, also on sockets that are half gone.
      sockets = recordingSockets(({ socket }, text) => void socket.send(Buffer.from(text)));
      edge = await startEdge(kind, { sockets: sockets.handler });
      const client = await edge.connect();
      await client.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n').response();
      await client.end();
    });
    beforeEach(async () => {
      await new Promise((resolve) => setImmediate(resolve));
      baseline = heldNow();
    });
    after(() => edge.stop());

    async function expectClean(note: string): Promise<void> {
      await until(() => isBackTo(baseline), `${note}: ${JSON.stringify([baseline, heldNow()])} are equal`);
      await until(() => sockets.seen.every(({ closes }) => closes.length > 0), `${note}: every socket was closed`);
      for (const { closes } of sockets.seen) expect(closes, note).to.have.lengthOf(1);
      expect(edge.warnings, note).to.deep.equal([]);
      const client = await edge.connect();
      expect((await client.write(HANDSHAKE).response()).status, note).to.equal(101);
      client.destroy();
      await until(() => isBackTo(baseline), `${note}: the last one is gone`);
    }

    it('at every byte of the handshake: a socket once it was whole, else none', async () => {
      const random = createRandom();
      const note = `seed ${random.seed}`;
      for (const ending of ['fin', 'reset'] as const) {
        const opened = sockets.seen.length;
        for (let at = 0; at <= HANDSHAKE.length; at += 1) {
          const client = await edge.connect();
          const cut = random.below(at + 1);
          client.write(HANDSHAKE.slice(0, cut));
          if (random.below(2) === 0) await new Promise((resolve) => setImmediate(resolve));
          client.write(HANDSHAKE.slice(cut, at));
          if (at === HANDSHAKE.length) expect((await client.response()).status).to.equal(101);
          if (ending === 'fin') client.destroy();
          else client.socket.resetAndDestroy();
        }
        await until(() => sockets.seen.length > opened, `${note}, ${ending}: the whole handshake`);
        expect(sockets.seen.length, `${note}, ${ending}`).to.equal(opened + 1);
        await expectClean(`${note}, ${ending}`);
      }
    });

    it('anywhere in frames: no half message is heard', async () => {
      const random = createRandom();
      const first = sockets.seen.length;
      for (let round = 0; round < 120; round += 1) {
        const client = await edge.connect();
        expect((await client.write(HANDSHAKE).response()).status).to.equal(101);
        client.write(FRAMES.subarray(0, random.below(FRAMES.length + 1)));
        if (random.below(2) === 0) await new Promise((resolve) => setImmediate(resolve));
        if (random.below(2) === 0) client.destroy();
        else client.socket.resetAndDestroy();
      }
      await expectClean(`seed ${random.seed}`);
      const whole = ['{"type":"ping"}', 'x'.repeat(200)];
      for (const { messages } of sockets.seen.slice(first)) {
        messages.forEach(({ text, bytes }, index) => {
          expect(text, `seed ${random.seed}`).to.equal(whole[index]);
          expect(bytes).to.equal([15, 600][index]);
        });
      }
    });

    it('while much is queued for them', async () => {
      for (const ending of ['fin', 'reset'] as const) {
        const opened = sockets.seen.length;
        const client = await edge.connect();
        expect((await client.write(HANDSHAKE).response()).status).to.equal(101);
        client.socket.pause();
        await until(() => sockets.seen.length > opened, 'the socket');
        const { socket } = sockets.seen[opened] ?? {};
        const bytes = Buffer.alloc(100_000, 'z');
        let result = socket?.send(bytes);
        for (let count = 0; result !== 'refused' && count < 1_000; count += 1) result = socket?.send(bytes);
        expect(result).to.equal('refused');
        if (ending === 'fin') client.destroy();
        else client.socket.resetAndDestroy();
        await until(() => sockets.seen[opened]?.closes.length === 1, `${ending}: the close`);
        expect(socket?.send(bytes)).to.equal('closed');
        await expectClean(ending);
      }
    });
  });
}
