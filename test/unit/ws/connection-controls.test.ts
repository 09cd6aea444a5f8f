import { expect } from 'chai';
import { gate, settle, START } from './fakes.js';
import { Harness, type Peer } from './harness.js';

type Kind = 'message' | 'ping' | 'pong';

/** A frame of each kind, in turn. */
const KINDS: readonly Kind[] = ['message', 'ping', 'pong'];

function say({ listener }: Peer, kind: Kind): void {
  switch (kind) {
    case 'message':
      return listener.message(Buffer.alloc(0), false);
    case 'ping':
      return listener.ping();
    case 'pong':
      return listener.pong(false);
    default:
      return kind satisfies never;
  }
}

describe('connection: frames of every kind', () => {
  it('take from one bucket', async () => {
    const harness = new Harness({ framesPerSecond: 10 });
    const peer = await harness.connect(1);
    for (let count = 0; count < 20; count += 1) say(peer, KINDS[count % KINDS.length] ?? 'ping');
    expect(peer.socket.closedWith).to.equal(null);
    harness.clock.time = START + 100;
    say(peer, 'ping');
    expect(peer.socket.closedWith, 'one more after a tenth of a second').to.equal(null);
    say(peer, 'pong');
    expect(peer.socket.closedWith).to.equal(4429);
  });

  for (const kind of KINDS) {
    it(`close with 4429 above the rate before anybody is known: ${kind}`, async () => {
      const harness = new Harness({ framesPerSecond: 5 });
      const answer = gate<never>();
      harness.authenticate = () => answer.promise;
      const peer = harness.open(1);
      for (let count = 0; count < 10; count += 1) say(peer, kind);
      expect(peer.socket.closedWith).to.equal(null);
      say(peer, kind);
      expect(peer.socket.closedWith).to.equal(4429);
      await settle();
    });
  }

  it('are no sign that their sender reads: who only sends is closed with 4408 within 30 s, without heartbeats too', async () => {
    for (const kind of KINDS) {
      const harness = new Harness({ slowReaderMs: 15_000, heartbeatMs: 0 });
      const peer = await harness.connect(1);
      // Its buffers take what is sent, and it answers nothing.
      peer.socket.answer = () => undefined;
      let ticks = 0;
      for (; peer.socket.closedWith === null && ticks < 121; ticks += 1) {
        say(peer, kind);
        harness.ticker.tick();
      }
      expect([peer.socket.closedWith, ticks < 120], kind).to.deep.equal([4408, true]);
    }
  });

  it('let one that answers go on, whose answers are free', async () => {
    const harness = new Harness({ slowReaderMs: 15_000, framesPerSecond: 1 });
    const peer = await harness.connect(1);
    for (let tick = 0; tick < 400; tick += 1) {
      harness.clock.time += 250;
      if (tick % 8 === 0) say(peer, 'ping');
      peer.listener.pong(true);
      harness.ticker.tick();
    }
    expect(peer.socket.closedWith).to.equal(null);
  });

  it('close with 4408 once the answers to pings are too many bytes, or wait too long, live or not', async () => {
    for (const isLive of [true, false]) {
      const limits = { maxQueuedBytes: 1_000, slowReaderMs: 1_000, heartbeatMs: 0 };
      const harness = new Harness(limits);
      if (!isLive) harness.join = () => gate<never>().promise;
      const [much, long] = [await harness.connect(1), await harness.connect(2)];
      for (const { socket } of [much, long]) socket.stalled = true;
      for (let count = 0; count < 8; count += 1) {
        expect(much.socket.closedWith).to.equal(null);
        much.socket.writeItself(127);
        say(much, 'ping');
      }
      expect(much.socket.closedWith).to.equal(4408);
      long.socket.writeItself(2);
      say(long, 'ping');
      harness.ticker.tick(4);
      expect(long.socket.closedWith).to.equal(null);
      expect(harness.local.presence.stats().queuedBytes.total).to.be.at.least(2);
      harness.ticker.tick(1);
      expect(long.socket.closedWith).to.equal(4408);
      expect(harness.logger.at('warn')).to.deep.equal(Array(2).fill('a socket reads too slowly'));
    }
  });

  it('write no line each where they fail, and none where they are refused', async () => {
    const harness = new Harness();
    harness.sendMessage = () => Promise.reject(new Error('a bug'));
    const peer = await harness.connect(1);
    for (let count = 0; count < 300; count += 1) {
      say(peer, 'message');
      peer.send({ type: 'message', content: 'x', id: count });
      await settle();
    }
    expect(harness.logger.at('error')).to.have.length(10);
    expect(harness.logger.at('warn')).to.have.length(1);
    expect(peer.socket.frames).to.have.length(600);
  });
});
