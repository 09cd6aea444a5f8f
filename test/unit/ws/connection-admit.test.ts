import { expect } from 'chai';
import { AppError } from '../../../src/domain/errors.js';
import { LIMITS } from '../../../src/protocol/limits.js';
import { gate, settle } from './fakes.js';
import { Harness } from './harness.js';

describe('connection', () => {
  describe('refuses', () => {
    it('a missing or bad token with 4001, before it looks at the chat', async () => {
      const harness = new Harness();
      const missing = await harness.connect(1, { query: '' });
      const bad = await harness.connect('nonsense', { path: '/api/v1/ws/0x10' });
      expect([missing.socket.closedWith, bad.socket.closedWith]).to.deep.equal([4001, 4001]);
    });

    it('a malformed, unknown or foreign chat with 4003', async () => {
      const harness = new Harness();
      const malformed = await harness.connect(1, { path: '/api/v1/ws/07' });
      const unknown = await harness.connect(1, { path: '/api/v1/ws/8' });
      const foreign = await harness.connect(9);
      const codes = [malformed, unknown, foreign].map(({ socket }) => socket.closedWith);
      expect(codes).to.deep.equal([4003, 4003, 4003]);
      expect(harness.local.presence.stats().totalConnections).to.equal(0);
    });

    it('with 1011, not with a verdict on the token, when the server cannot decide', async () => {
      const harness = new Harness();
      harness.authenticate = () => Promise.reject(new AppError('unavailable'));
      const first = await harness.connect(1);
      harness.authenticate = () => Promise.reject(new Error('a bug'));
      const second = await harness.connect(1);
      expect([first.socket.closedWith, second.socket.closedWith]).to.deep.equal([1011, 1011]);
      expect(harness.logger.at('error')).to.have.length(1);
    });

    it('a socket that is not live in time', async () => {
      const harness = new Harness({ authenticateMs: 1_000 });
      harness.join = () => new Promise(() => undefined);
      const { socket } = await harness.connect(1);
      harness.ticker.tick(4);
      expect(socket.closedWith).to.equal(null);
      harness.ticker.tick();
      expect(socket.closedWith).to.equal(1011);
    });
  });

  describe('bounds what comes before it is live', () => {
    it('answers frames that came early, in order, once it is live', async () => {
      const harness = new Harness();
      const membership = gate<{ rev: number; lastSeq: number }>();
      harness.join = () => membership.promise;
      const peer = await harness.connect(1);
      for (let id = 1; id <= 32; id += 1) peer.send({ type: 'ping', id });
      await settle();
      expect(peer.socket.frames).to.have.length(0);
      membership.open({ rev: 0, lastSeq: 0 });
      await settle();
      expect(peer.socket.json().map((frame) => frame['id'])).to.deep.equal(Array.from({ length: 32 }, (_, i) => i + 1));
    });

    it('closes 4429 at the 33rd frame and above the bytes of one largest frame', () => {
      const harness = new Harness();
      harness.authenticate = () => new Promise(() => undefined);
      const many = harness.open(1);
      for (let count = 0; count < 33; count += 1) many.send({ type: 'ping' });
      const large = harness.open(1);
      large.send('x'.repeat(LIMITS.frameBytes));
      expect(large.socket.closedWith).to.equal(null);
      large.send('x');
      expect([many.socket.closedWith, large.socket.closedWith]).to.deep.equal([4429, 4429]);
    });

    it('copies early frames: the transport reuses its buffer', async () => {
      const harness = new Harness();
      const { listener, socket } = harness.open(1);
      const buffer = Buffer.from(JSON.stringify({ type: 'ping', id: 'mine' }));
      listener.message(buffer, false);
      buffer.fill(0);
      await settle();
      expect(socket.json()[0]).to.include({ type: 'pong', id: 'mine' });
    });

    it('bounds sockets that have not authenticated, together and per address', () => {
      const harness = new Harness({ maxUnauthenticated: 8 });
      harness.authenticate = () => new Promise(() => undefined);
      const from = (peerAddress: string): number | null => harness.open(1, { peerAddress }).socket.closedWith;
      expect([from('192.0.2.1'), from('192.0.2.1'), from('192.0.2.1')]).to.deep.equal([null, null, 4429]);
      const others = ['192.0.2.2', '192.0.2.3', '192.0.2.4'].flatMap((address) => [from(address), from(address)]);
      expect(others).to.deep.equal([null, null, null, null, null, null]);
      expect(from('192.0.2.5')).to.equal(4429);
    });

    it('counts by the peer, whatever address it claims to speak for', () => {
      const harness = new Harness({ maxUnauthenticated: 4 });
      harness.authenticate = () => new Promise(() => undefined);
      const claiming = (address: string): number | null =>
        harness.open(1, { headers: { 'x-forwarded-for': address } }).socket.closedWith;
      expect([claiming('198.51.100.1'), claiming('198.51.100.2')]).to.deep.equal([null, 4429]);
    });

    it('gives the place back on authentication, else only when the socket is really gone', async () => {
      const harness = new Harness({ maxUnauthenticated: 1 });
      const good = await harness.connect(1);
      const bad = await harness.connect('nonsense');
      expect([good.socket.closedWith, bad.socket.closedWith]).to.deep.equal([null, 4001]);
      expect((await harness.connect(1)).socket.closedWith).to.equal(4429);
      bad.listener.closed(4001);
      expect((await harness.connect(1)).socket.closedWith).to.equal(null);
    });
  });
});
