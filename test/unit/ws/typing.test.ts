import { expect } from 'chai';
import { sent, settle } from './fakes.js';
import { Harness, type Peer } from './harness.js';

/** Ticks that are surely more than the six seconds after which typing ends. */
const LONG = 26;

describe('typing and presence', () => {
  let harness: Harness;
  let typist: Peer;
  let other: Peer;

  beforeEach(async () => {
    harness = new Harness();
    typist = await harness.connect(1);
    // Each is told of the other here, with the tick.
    other = await harness.connect(2);
    harness.ticker.tick();
    typist.socket.frames.length = 0;
    other.socket.frames.length = 0;
  });

  function seen(peer: Peer): string[] {
    return peer.socket
      .json()
      .filter((frame) => typeof frame['username'] === 'string')
      .map((frame) => `${String(frame['type'])} ${String(frame['user_id'])}`);
  }

  it('tells the others of a start and a stop, and nothing of a stop without start', () => {
    typist.send({ type: 'typing', content: 'stop' });
    typist.send({ type: 'typing', chat_id: 7, content: 'start' });
    typist.send({ type: 'typing', content: 'stop' });
    typist.send({ type: 'typing', content: 'stop' });
    expect(seen(other)).to.deep.equal(['typing_started 1', 'typing_stopped 1']);
    expect(seen(typist)).to.deep.equal([]);
  });

  it('stops by itself after six seconds without another start', () => {
    typist.send({ type: 'typing', content: 'start' });
    harness.ticker.tick(23);
    expect(seen(other)).to.deep.equal(['typing_started 1']);
    typist.send({ type: 'typing', content: 'start' });
    harness.ticker.tick(23);
    expect(seen(other)).not.to.include('typing_stopped 1');
    harness.ticker.tick(LONG);
    expect(seen(other).filter((line) => line === 'typing_stopped 1')).to.have.length(1);
  });

  it('passes a repeated start on only now and then', () => {
    for (let count = 0; count < 20; count += 1) {
      typist.send({ type: 'typing', content: 'start' });
      harness.ticker.tick();
    }
    expect(seen(other).filter((line) => line === 'typing_started 1')).to.have.length(2);
  });

  it('stops on sending over the socket, and on a message sent any other way', () => {
    typist.send({ type: 'typing', content: 'start' });
    typist.send({ type: 'message', content: 'done' });
    expect(seen(other)).to.deep.equal(['typing_started 1', 'typing_stopped 1']);
    typist.send({ type: 'typing', content: 'start' });
    harness.publish(sent(1, { senderId: 2 }));
    expect(seen(other)).to.have.length(3);
    harness.publish(sent(2, { senderId: 1 }));
    expect(seen(other).slice(2)).to.deep.equal(['typing_started 1', 'typing_stopped 1']);
  });

  it('stops on disconnect of the socket that typed, not of another one of the same user', async () => {
    const second = await harness.connect(1);
    typist.send({ type: 'typing', content: 'start' });
    second.listener.closed(1000);
    expect(seen(other)).to.deep.equal(['typing_started 1']);
    typist.listener.closed(1006);
    harness.ticker.tick();
    expect(seen(other)).to.deep.equal(['typing_started 1', 'typing_stopped 1', 'user_left 1']);
  });

  it('announces the first and the last socket of a user, to the others only', async () => {
    const [third, fourth] = [await harness.connect(3), await harness.connect(3)];
    harness.ticker.tick();
    third.listener.closed(1000);
    harness.ticker.tick();
    expect(seen(other)).to.deep.equal(['user_joined 3']);
    fourth.listener.closed(1000);
    harness.ticker.tick();
    expect(seen(other)).to.deep.equal(['user_joined 3', 'user_left 3']);
    expect(seen(fourth)).to.deep.equal([]);
  });

  it('announces all who came within one tick at once, and of who went and is back the last', async () => {
    const published: number[] = [];
    const { broker } = harness;
    const publish = broker.publish.bind(broker);
    broker.publish = (events) => {
      published.push(events.length);
      return publish(events);
    };
    harness.store.chat(7).members.add(4);
    await Promise.all([harness.connect(3), harness.connect(4)]);
    typist.listener.closed(1006);
    typist = await harness.connect(1);
    expect(published).to.deep.equal([]);
    harness.ticker.tick();
    expect(seen(other)).to.have.members(['user_joined 1', 'user_joined 3', 'user_joined 4']);
    expect(published).to.deep.equal([3]);
  });

  it('logs a failure to announce and goes on', async () => {
    harness.broker.publish = () => Promise.reject(new Error('broker is down'));
    typist.send({ type: 'typing', content: 'start' });
    await harness.connect(3);
    harness.ticker.tick();
    await settle();
    expect(harness.logger.at('warn')).to.have.members([
      'typing could not be announced',
      'presence could not be announced',
    ]);
    expect(typist.socket.closedWith).to.equal(null);
  });
});
