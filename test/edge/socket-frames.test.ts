import { expect } from 'chai';
import { KINDS, recordingSockets, startEdge, until, type Edge, type Kind, type Seen } from './support/edge.js';
import { closePayload, frame, openSocket, OPCODE, readClose, readFrame } from './support/frames.js';

const LIMIT = 10_000;
const { continuation, text, binary, close, ping, pong } = OPCODE;

/** Frames that break RFC 6455: the code each listener closes with; null: it drops the connection without one. */
interface Violation {
  readonly name: string;
  readonly frames: readonly Buffer[];
  readonly closes: Readonly<Record<Kind, number | null>>;
}

const dropped = (node: number): Violation['closes'] => ({ node, uws: null });
const BAD_TEXT = Buffer.from([0x68, 0xc3, 0x28]);
/** The first half of a euro sign, and its second half. */
const HALVES = [Buffer.from([0xe2, 0x82]), Buffer.from([0xac])] as const;

const VIOLATIONS: readonly Violation[] = [
  ...[1, 2, 4].map((reserved) => ({
    name: `reserved bits ${reserved}`,
    frames: [frame(text, 'x', { reserved })],
    closes: dropped(1002),
  })),
  ...[3, 7, 11, 15].map((opcode) => ({
    name: `opcode ${opcode}`,
    frames: [frame(opcode, 'x')],
    closes: dropped(1002),
  })),
  { name: 'a ping in fragments', frames: [frame(ping, 'x', { fin: false })], closes: dropped(1002) },
  { name: 'a ping of 126 bytes', frames: [frame(ping, 'x'.repeat(126))], closes: dropped(1002) },
  { name: 'a continuation of nothing', frames: [frame(continuation, 'x')], closes: dropped(1002) },
  {
    name: 'a text inside a fragmented text',
    frames: [frame(text, 'x', { fin: false }), frame(text, 'y')],
    closes: dropped(1002),
  },
  { name: 'ill-formed text', frames: [frame(text, BAD_TEXT)], closes: dropped(1007) },
  {
    name: 'text that is ill-formed over two fragments',
    frames: [frame(text, HALVES[0], { fin: false }), frame(continuation, 'x')],
    closes: dropped(1007),
  },
  { name: 'a surrogate in UTF-8', frames: [frame(text, Buffer.from([0xed, 0xa0, 0x80]))], closes: dropped(1007) },
  { name: 'a close of one byte', frames: [frame(close, 'x')], closes: { node: 1002, uws: 1005 } },
  ...[0, 999, 1004, 1005, 1006, 5_000].map((code) => ({
    name: `close code ${code}`,
    frames: [frame(close, closePayload(code))],
    closes: { node: 1002, uws: 1005 },
  })),
  {
    name: 'a close with an ill-formed reason',
    frames: [frame(close, Buffer.concat([closePayload(1000), BAD_TEXT]))],
    closes: { node: 1007, uws: 1005 },
  },
];

for (const kind of KINDS) {
  describe(`edge ${kind}: socket frames`, () => {
    let edge: Edge;
    const { handler, seen } = recordingSockets();
    before(async () => {
      edge = await startEdge(kind, { maxFrameBytes: LIMIT, sockets: handler });
    });
    after(() => edge.stop());

    async function open() {
      const client = await openSocket(edge);
      return { client, one: seen.at(-1) as Seen };
    }

    it('keeps the order of what it is given in one turn: small and large frames, a ping, the close', async () => {
      const { client, one } = await open();
      const sizes = [10, 20_000, 30, 100_000, 50, 40_000, 40_000, 40_000, 7];
      for (const size of sizes) expect(one.socket.send(Buffer.alloc(size, 'x'))).to.be.oneOf(['sent', 'queued']);
      one.socket.ping();
      one.socket.send(Buffer.from('last'));
      one.socket.close(1000, 'done');
      expect(one.socket.send(Buffer.from('too late'))).to.equal('closed');
      for (const size of sizes) expect((await readFrame(client)).payload.byteLength).to.equal(size);
      expect((await readFrame(client)).opcode).to.equal(ping);
      expect((await readFrame(client)).payload.toString()).to.equal('last');
      expect(await readClose(client)).to.equal(1000);
    });

    it('takes text and binary frames of every length form', async () => {
      const { client, one } = await open();
      const sizes = [0, 1, 125, 126, 127, 9_999, LIMIT];
      for (const size of sizes) client.write(frame(text, 'é'.repeat(size / 2) + (size % 2 === 1 ? 'x' : '')));
      client.write(frame(binary, Buffer.from([0xff, 0x00])));
      await until(() => one.messages.length === sizes.length + 1, 'all messages');
      expect(one.messages.map(({ bytes, binary: flag }) => [bytes, flag])).to.deep.equal([
        ...sizes.map((size) => [size, false]),
        [2, true],
      ]);
    });

    it('joins fragments, empty ones too, with a ping in between', async () => {
      const { client, one } = await open();
      client.write(frame(text, HALVES[0], { fin: false }));
      for (let i = 0; i < 100; i += 1) client.write(frame(continuation, '', { fin: false }));
      client.write(frame(ping, 'now')).write(frame(continuation, HALVES[1]));
      expect(await readFrame(client)).to.deep.equal({ opcode: pong, payload: Buffer.from('now') });
      await until(() => one.messages.length === 1, 'the message');
      expect(one.messages[0]).to.deep.equal({ text: '€', bytes: 3, binary: false });
    });

    it('takes a message in a thousand fragments, of a byte each and empty ones, but not in any number on node', async () => {
      const { client, one } = await open();
      const piece = [frame(continuation, 'x', { fin: false }), frame(continuation, '', { fin: false })];
      const pieces = (count: number): Buffer => Buffer.concat(Array<Buffer[]>(count).fill(piece).flat());
      client
        .write(frame(text, 'x', { fin: false }))
        .write(pieces(500))
        .write(frame(continuation, 'x'));
      await until(() => one.messages.length === 1, 'the message');
      expect(one.messages[0]?.bytes).to.equal(502);
      client
        .write(frame(text, 'x', { fin: false }))
        .write(pieces(600))
        .write(frame(continuation, 'x'));
      if (kind === 'node') {
        expect(await readClose(client)).to.equal(1008);
      } else {
        // Its bytes are kept as one string, whose length is bounded.
        await until(() => one.messages.length === 2, 'the larger message');
      }
    });

    it('reads frames that arrive byte by byte', async () => {
      const { client, one } = await open();
      for (const byte of Buffer.concat([frame(text, 'slow'), frame(text, 'ly')])) {
        await new Promise<void>((resolve) => client.socket.write(Buffer.from([byte]), () => setImmediate(resolve)));
      }
      await until(() => one.messages.length === 2, 'both messages');
      expect(one.messages.map((message) => message.text)).to.deep.equal(['slow', 'ly']);
    });

    for (const { name, frames, closes } of VIOLATIONS) {
      it(`closes on ${name}, without effect`, async () => {
        const { client, one } = await open();
        client.write(Buffer.concat([...frames, frame(text, 'behind')]));
        expect(await readClose(client)).to.equal(closes[kind]);
        await until(() => one.closes.length > 0, 'the close');
        expect(one.messages).to.deep.equal([]);
        expect(one.closes).to.have.length(1);
      });
    }

    it('takes no message of a client that does not mask', async () => {
      const { client, one } = await open();
      client.write(frame(text, '{"type":"message"}', { masked: false }));
      if (kind === 'node') {
        expect(await readClose(client)).to.equal(1002);
      } else {
        // The native parser reads the first four bytes as a mask and waits for four more: garbage, which no text is.
        client.write(frame(text, 'behind'));
        await client.end();
      }
      await until(() => one.closes.length > 0, 'the close');
      expect(one.messages).to.deep.equal([]);
    });

    it('closes with 1009 one byte above the limit, whole or in fragments', async () => {
      const whole = await open();
      whole.client.write(frame(text, 'x'.repeat(LIMIT + 1)));
      expect(await readClose(whole.client)).to.equal(1009);
      const pieces = await open();
      pieces.client.write(frame(text, 'x'.repeat(LIMIT), { fin: false })).write(frame(continuation, 'x'));
      expect(await readClose(pieces.client)).to.equal(1009);
      await until(() => whole.one.closes.length + pieces.one.closes.length === 2, 'both closes');
      expect([...whole.one.messages, ...pieces.one.messages]).to.deep.equal([]);
    });

    it('ends a message without end early, and others do not notice', async () => {
      const other = await open();
      const { client, one } = await open();
      client.write(frame(text, 'x'.repeat(1_000), { fin: false }));
      let sent = 1_000;
      while (!client.closed && one.closes.length === 0) {
        client.write(frame(continuation, 'x'.repeat(1_000), { fin: false }));
        sent += 1_000;
        await new Promise((resolve) => setImmediate(resolve));
        if (sent > 1_000 * LIMIT) break;
      }
      await until(() => one.closes.length === 1, 'the close');
      // Above twice the limit the native side drops the connection without a close frame.
      expect(await readClose(client)).to.equal(kind === 'node' ? 1009 : null);
      other.client.write(frame(text, 'fine'));
      await until(() => other.one.messages.length === 1, 'the other message');
    });

    it('refuses a frame by its announced length', async () => {
      const { client, one } = await open();
      const head = frame(binary, Buffer.alloc(70_000)).subarray(0, 14);
      head.writeBigUInt64BE(0x7fffffffffffffffn, 2);
      client.write(head);
      const code = await readClose(client);
      expect(code).to.be.oneOf(kind === 'node' ? [1009] : [null]);
      await until(() => one.closes.length === 1, 'the close');
    });
  });
}
