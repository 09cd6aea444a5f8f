import { expect } from 'chai';
import type { SentMessage } from '../../../src/services/services.js';
import { gate, message, settle } from './fakes.js';
import { Harness } from './harness.js';

describe('graceful stop of the sockets', () => {
  it('answers what is in flight, refuses what is new, then closes everything with 1012', async () => {
    const harness = new Harness();
    let commit: (sent: SentMessage) => void = () => undefined;
    harness.sendMessage = () => new Promise((resolve) => (commit = resolve));
    const [sender, idle, third] = [await harness.connect(1), await harness.connect(2), await harness.connect(3)];
    sender.send({ type: 'message', content: 'last words', id: 1 });

    const stopped = harness.handler.stop();
    expect(harness.handler.stop()).to.equal(stopped);
    const late = harness.open(3);
    expect(late.socket.closedWith).to.equal(1012);
    idle.send({ type: 'ping', id: 2 });
    await settle();
    expect(idle.socket.json().at(-1)).to.include({ type: 'error', code: 'shutting_down', id: 2 });
    expect(sender.socket.closedWith).to.equal(null);

    // Everybody is about to go: that one has gone is no news any more.
    third.listener.closed(1001);
    harness.ticker.tick();
    await settle();
    expect(idle.socket.types()).not.to.include('user_left');

    commit({ message: message({ id: 9 }), duplicate: false });
    await settle();
    expect(sender.socket.json().at(-1)).to.include({ type: 'ack', id: 1, message_id: 9 });
    expect([sender.socket.closedWith, idle.socket.closedWith]).to.deep.equal([1012, 1012]);

    sender.listener.closed(1012);
    idle.listener.closed(1012);
    await stopped;
    expect(harness.ticker.isRunning).to.equal(false);
    expect(harness.local.presence.stats()).to.deep.equal({
      ...{ onlineUsers: 0, totalConnections: 0, gapFills: 0 },
      ...{ queuedBytes: { total: 0, max: 0 }, closes: { restart: 2 } },
    });
  });

  it('closes many in slices, of which the later ones begin nothing new meanwhile', async () => {
    const harness = new Harness();
    const slices = [gate<undefined>(), gate<undefined>()];
    const pauses: number[] = [];
    harness.pause = async (ms) => {
      await slices[pauses.push(ms) - 1]?.promise;
      harness.clock.time += ms;
    };
    const peers = Array.from({ length: 600 }, () => harness.open(1));
    await settle();
    const closed = (): number => peers.filter(({ socket }) => socket.closedWith === 1012).length;
    const last = peers.at(-1);
    const stopped = harness.handler.stop();
    await settle();
    expect(closed()).to.equal(250);
    last?.send({ type: 'message', content: 'too late', id: 'late' });
    expect(harness.open(2).socket.closedWith).to.equal(1012);
    await settle();
    expect(last?.socket.json().at(-1)).to.include({ type: 'error', code: 'shutting_down', id: 'late' });
    slices[0]?.open(undefined);
    await settle();
    expect([closed(), last?.socket.closedWith]).to.deep.equal([500, null]);
    slices[1]?.open(undefined);
    await settle();
    expect(closed()).to.equal(600);
    for (const { listener } of peers) listener.closed(1012);
    await stopped;
    expect(pauses).to.deep.equal([50, 50]);
  });

  it('closes sockets that are not live yet at once', async () => {
    const harness = new Harness();
    harness.join = () => new Promise(() => undefined);
    const { socket, listener } = await harness.connect(1);
    const stopped = harness.handler.stop();
    expect(socket.closedWith).to.equal(1012);
    listener.closed(1012);
    await stopped;
  });

  it('does not wait for peers that never answer the close', async () => {
    const harness = new Harness();
    const { socket } = await harness.connect(1);
    await harness.handler.stop();
    expect(socket.closedWith).to.equal(1012);
  });
});
