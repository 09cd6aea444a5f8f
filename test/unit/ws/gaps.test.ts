import { expect } from 'chai';
import { createMemoryBroker } from '../../../src/brokers/memory.js';
import type { ChatEvent } from '../../../src/domain/events.js';
import type { Broker } from '../../../src/ports/broker.js';
import { Harness, type Peer } from './harness.js';
import { message, removed, sent, settle, START, type Frame } from './fakes.js';

/** Two ticks of patience, then one more in which the read begins. */
const LOST = 4;
/** A comparison with the store every five seconds. */
const CHECK = 20;

/** Frames that carry a rev and are no change. */
const REPORTS = new Set<unknown>(['heartbeat', 'pong', 'caught_up']);

function revsOf({ socket }: Peer): unknown[] {
  return socket
    .json()
    .filter((frame) => !REPORTS.has(frame['type']))
    .flatMap((frame) => frame['rev'] ?? []);
}

/** A broker that loses what `loses` says, the first time. */
function losing(loses: (event: ChatEvent) => boolean): Broker {
  const broker = createMemoryBroker();
  const lost = new Set<ChatEvent>();
  const passes = (event: ChatEvent): boolean => lost.has(event) || !loses(event) || lost.add(event).size === 0;
  return { ...broker, publish: (events) => broker.publish(events.filter(passes)) };
}

const isRev =
  (...revs: number[]) =>
  (event: ChatEvent): boolean =>
    'rev' in event && revs.includes(event.rev);

describe('events that are lost', () => {
  async function pass(harness: Harness, ticks: number): Promise<void> {
    for (let count = 0; count < ticks; count += 1) {
      harness.ticker.tick();
      await settle();
    }
  }

  it('are read from the store when a later one comes, in order and once', async () => {
    const harness = new Harness({}, losing(isRev(2, 3)));
    const [one, two] = [await harness.connect(1), await harness.connect(2)];
    harness.publish(sent(1), sent(2), sent(3), sent(4));
    expect(revsOf(one)).to.deep.equal([1]);
    await pass(harness, LOST);
    harness.publish(sent(5));
    for (const peer of [one, two]) expect(revsOf(peer)).to.deep.equal([1, 2, 3, 4, 5]);
    expect(harness.local.presence.stats().gapFills).to.equal(1);
    const types = one.socket.types().filter((type) => type !== 'user_joined');
    expect(types.slice(1)).to.deep.equal(['new_message', 'new_message', 'new_message', 'caught_up', 'new_message']);
  });

  it('are read when the last one before a silence is lost, after the next comparison with the store', async () => {
    const harness = new Harness({}, losing(isRev(2)));
    const peer = await harness.connect(1);
    harness.publish(sent(1), sent(2));
    await pass(harness, CHECK + LOST);
    expect(revsOf(peer)).to.deep.equal([1, 2]);
  });

  it('are read at once when the sender’s acknowledgement knows of them', async () => {
    const harness = new Harness({}, losing(isRev(1)));
    const peer = await harness.connect(1);
    peer.send({ type: 'message', content: 'hi' });
    await settle();
    await pass(harness, LOST);
    expect(peer.socket.types()).to.include('new_message');
  });

  it('come as removals first, and nothing after one reaches who was removed', async () => {
    const harness = new Harness(
      {},
      losing(() => true),
    );
    const [gone, stays] = [await harness.connect(2), await harness.connect(1)];
    harness.publish(sent(1), removed(2, 2), sent(3));
    await pass(harness, CHECK + LOST);
    expect(gone.socket.types()).to.deep.equal(['participant_removed']);
    expect(gone.socket.closedWith).to.equal(4003);
    expect(revsOf(stays)).to.deep.equal([2, 1, 3]);
  });

  it('reach each socket from where it is: who has joined above them, and what was new before', async () => {
    const harness = new Harness({}, losing(isRev(2)));
    const early = await harness.connect(1);
    harness.publish(sent(1), sent(2));
    const late = await harness.connect(2);
    harness.publish({ type: 'message_updated', chatId: 7, rev: 3, at: new Date(START), message: edited(2, 3) });
    await pass(harness, LOST);
    const told = (peer: Peer): unknown[] =>
      peer.socket
        .json()
        .filter((frame) => 'message' in frame)
        .map((frame) => [frame['type'], frame['rev'], (frame['message'] as Frame)['seq']]);
    expect(told(early)).to.deep.equal([
      ['new_message', 1, 1],
      ['new_message', 3, 2],
    ]);
    expect(told(late)).to.deep.equal([['message_updated', 3, 2]]);
    harness.publish(sent(4, { seq: 3 }));
    for (const peer of [early, late]) expect(told(peer).at(-1)).to.deep.equal(['new_message', 4, 3]);
  });

  it('are read again when the store fails, and the sockets stay', async () => {
    const harness = new Harness({}, losing(isRev(1)));
    const peer = await harness.connect(1);
    const missed = harness.store.missed.bind(harness.store);
    harness.store.missed = () => Promise.reject(new Error('the store is down'));
    harness.publish(sent(1), sent(2));
    await pass(harness, LOST);
    expect(harness.logger.at('warn')).to.include('lost events of a chat could not be read');
    harness.store.missed = missed;
    await pass(harness, 9);
    expect(revsOf(peer)).to.deep.equal([1, 2]);
    expect(peer.socket.closedWith).to.equal(null);
  });

  it('close the sockets with 4408 when they are too many to read, and when the store fails for long', async () => {
    for (const missed of [() => Promise.resolve(null), () => Promise.reject(new Error('the store is down'))]) {
      const harness = new Harness({}, losing(isRev(1)));
      const peer = await harness.connect(1);
      harness.store.missed = missed;
      harness.publish(sent(1), sent(2));
      await pass(harness, 130);
      expect(peer.socket.closedWith).to.equal(4408);
    }
  });

  it('close the sockets with 4408 when they are too large together to be sent to everybody', async () => {
    const harness = new Harness();
    const peer = await harness.connect(1);
    const content = 'x'.repeat(10_000);
    for (let rev = 1; rev <= 900; rev += 1) harness.store.commit(sent(rev, { content }));
    harness.local.suspect(7);
    await pass(harness, CHECK);
    expect(peer.socket.frames).to.have.length(0);
    expect(peer.socket.closedWith).to.equal(4408);
  });

  it('are not read while they are only late', async () => {
    const harness = new Harness({}, losing(isRev(1)));
    const peer = await harness.connect(1);
    let reads = 0;
    harness.store.missed = () => {
      reads += 1;
      return Promise.resolve(null);
    };
    const late = sent(1);
    harness.publish(late, sent(2));
    harness.ticker.tick(2);
    await harness.broker.publish([late]);
    await pass(harness, LOST);
    expect(revsOf(peer)).to.deep.equal([1, 2]);
    expect(reads).to.equal(0);
  });

  it('are not made up: forged revs, other chats and repeats deliver nothing that the store does not have', async () => {
    const harness = new Harness();
    const peer = await harness.connect(1);
    harness.publish(sent(1));
    const forged = [sent(1_001), sent(3), sent(2, { chatId: 8 }), sent(1)];
    void harness.broker.publish(forged);
    await pass(harness, CHECK + LOST);
    expect(revsOf(peer)).to.deep.equal([1]);
    harness.publish(sent(2));
    harness.publish(sent(3, { content: 'the real one' }));
    await pass(harness, CHECK + LOST);
    expect(revsOf(peer)).to.deep.equal([1, 2, 3]);
    const third = peer.socket.json().find((frame) => frame['rev'] === 3);
    expect((third?.['message'] as Frame)['content']).to.equal('the real one');
    expect(peer.socket.closedWith).to.equal(null);
  });

  it('close the sockets when something was told that the store does not have', async () => {
    const harness = new Harness();
    const peer = await harness.connect(1);
    void harness.broker.publish([sent(1)]);
    await pass(harness, CHECK);
    expect(peer.socket.closedWith).to.equal(4408);
  });
});

function edited(seq: number, rev: number): ReturnType<typeof message> {
  return message({ id: 100 + seq, seq, rev, isEdited: true, version: 2 });
}
