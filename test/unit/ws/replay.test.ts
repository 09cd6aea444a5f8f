import { expect } from 'chai';
import { AppError } from '../../../src/domain/errors.js';
import type { ReadOn } from '../../../src/services/services.js';
import { slicedDelta } from '../../helpers/delta.js';
import { gate, message, removed, sent, settle, START } from './fakes.js';
import { Harness, type Peer } from './harness.js';

const since = (rev: number): { query: string } => ({ query: `token=1&since_rev=${rev}` });

function told({ socket }: Peer): (readonly [unknown, unknown])[] {
  return socket.json().map((frame) => [frame['type'], frame['rev']] as const);
}

describe('replay', () => {
  it('keeps what comes while the delta is read, and sends what is above it after ready', async () => {
    const harness = new Harness();
    harness.publish(sent(1), sent(2));
    const read = gate<ReadOn>();
    harness.resume = () => read.promise;
    const peer = await harness.connect(1, since(0));
    harness.publish(sent(3), sent(4));
    expect(peer.socket.frames).to.have.length(0);
    const delta = slicedDelta({ rev: 3, events: [sent(1), sent(2), sent(3)] });
    read.open({ kind: 'delta', delta, state: { lastSeq: 3, unreadCount: 3, reads: [] } });
    await settle();
    harness.publish(sent(5));
    expect(told(peer)).to.deep.equal([
      ['new_message', 1],
      ['new_message', 2],
      ['new_message', 3],
      ['ready', 3],
      ['new_message', 4],
      ['new_message', 5],
    ]);
  });

  it('closes the socket where a later slice cannot be read, and tells nothing twice', async () => {
    const harness = new Harness();
    const peer = await harness.connect(1);
    const delta = {
      ...slicedDelta({ rev: 2, events: [] }),
      items: 2,
      slices: [() => Promise.resolve([sent(1)]), () => Promise.reject(new AppError('unavailable'))],
    };
    harness.resume = () =>
      Promise.resolve({ kind: 'delta', delta, state: { lastSeq: 2, unreadCount: 2, reads: [] } } as ReadOn);
    peer.send({ type: 'resume', since_rev: 0, id: 'again' });
    harness.publish(sent(1), sent(2));
    await settle(20);
    harness.publish(sent(3));
    const revs = told(peer).flatMap(([type, rev]) => (type === 'new_message' ? [rev] : []));
    expect(revs).to.deep.equal([1]);
    expect(peer.socket.closedWith).to.equal(4408);
  });

  it('reads once more when more came meanwhile than is kept', async () => {
    const harness = new Harness({ maxQueuedBytes: 2_000 });
    await harness.connect(2);
    const first = gate<undefined>();
    let reads = 0;
    harness.resume = async (actor, chatId, from, max) => {
      reads += 1;
      const answer = await harness.store.resume(actor.userId, chatId, from, max);
      if (reads === 1) await first.promise;
      return answer;
    };
    const peer = await harness.connect(1, since(0));
    for (let rev = 1; rev <= 30; rev += 1) harness.publish(sent(rev));
    first.open(undefined);
    await settle(20);
    harness.publish(sent(31));
    expect(reads).to.equal(2);
    const revs = told(peer).flatMap(([type, rev]) => (type === 'new_message' ? [rev] : []));
    expect(revs).to.deep.equal(Array.from({ length: 31 }, (_, index) => index + 1));
    expect(told(peer).at(-2)).to.deep.equal(['ready', 30]);
  });

  it('sends as fast as the peer reads, and goes live when it has read enough', async () => {
    const harness = new Harness({ maxQueuedBytes: 4_000 });
    for (let rev = 1; rev <= 40; rev += 1) harness.publish(sent(rev));
    const peer = harness.open(1, since(0));
    peer.socket.stalled = true;
    await settle();
    const before = peer.socket.frames.length;
    expect(peer.socket.queuedBytes()).to.be.within(1_000, 2_000);
    for (let turn = 0; turn < 40 && !peer.socket.types().includes('ready'); turn += 1) {
      peer.socket.read(1_000);
      peer.listener.drained();
      await settle();
    }
    expect(before).to.be.below(10);
    expect(told(peer).at(-1)).to.deep.equal(['ready', 40]);
    expect(peer.socket.closedWith).to.equal(null);
  });

  it('refuses another resume of a chat that is being resumed', async () => {
    const harness = new Harness();
    const peer = await harness.connect(1);
    const read = gate<ReadOn>();
    harness.resume = () => read.promise;
    peer.send({ type: 'resume', since_rev: 0, id: 'a' });
    peer.send({ type: 'resume', since_rev: 0, id: 'b' });
    await settle();
    expect(peer.socket.json()).to.have.length(1);
    expect(peer.socket.json()[0]).to.include({ type: 'error', code: 'resume_in_progress', id: 'b' });
    read.open({ kind: 'resync', reason: 'too_large', rev: 0, lastSeq: 0 });
    await settle();
    expect(peer.socket.json().at(-1)).to.include({ type: 'resync_required', id: 'a' });
  });

  it('goes on where it stood when the store fails', async () => {
    const harness = new Harness();
    const peer = await harness.connect(1);
    harness.publish(sent(1));
    const read = gate<ReadOn>();
    harness.resume = () => read.promise;
    peer.send({ type: 'resume', since_rev: 0, id: 'a' });
    harness.publish(sent(2));
    read.fail(new AppError('unavailable'));
    await settle();
    harness.publish(sent(3));
    const frames = peer.socket.json();
    expect(frames.flatMap((frame) => frame['rev'] ?? [])).to.deep.equal([1, 2, 3]);
    expect(frames.find(({ type }) => type === 'error')).to.include({ code: 'unavailable', id: 'a' });
  });

  it('closes rather than go on without events when the read fails that was to make good for them', async () => {
    const harness = new Harness({ maxQueuedBytes: 2_000 });
    const peer = await harness.connect(1);
    const first = gate<undefined>();
    let reads = 0;
    harness.resume = async (actor, chatId, from, max) => {
      reads += 1;
      if (reads === 2) throw new AppError('unavailable');
      const answer = await harness.store.resume(actor.userId, chatId, from, max);
      await first.promise;
      return answer;
    };
    peer.send({ type: 'resume', since_rev: 0, id: 'a' });
    await settle();
    for (let rev = 1; rev <= 30; rev += 1) harness.publish(sent(rev));
    first.open(undefined);
    await settle();
    expect(reads).to.equal(2);
    expect(peer.socket.closedWith).to.equal(4408);
  });

  it('tells the last read mark of each that moved meanwhile', async () => {
    const harness = new Harness();
    harness.publish(sent(1), sent(2));
    const read = gate<ReadOn>();
    harness.resume = () => read.promise;
    const peer = await harness.connect(1, since(0));
    for (const [userId, lastReadSeq] of [[2, 1] as const, [3, 1] as const, [2, 2] as const]) {
      void harness.broker.publish([
        { type: 'read', chatId: 7, userId, lastReadSeq, ownOnly: false, at: new Date(START) },
      ]);
    }
    const delta = slicedDelta({ rev: 2, events: [sent(1), sent(2)] });
    read.open({ kind: 'delta', delta, state: { lastSeq: 2, unreadCount: 2, reads: [{ userId: 2, lastReadSeq: 0 }] } });
    await settle();
    const frames = peer.socket.json();
    const marks = frames.filter(({ type }) => type === 'read').map((mark) => [mark['user_id'], mark['last_read_seq']]);
    expect(marks).to.deep.equal([
      [2, 2],
      [3, 1],
    ]);
    expect(frames.findIndex(({ type }) => type === 'ready')).to.be.below(frames.length - 2);
  });

  it('reads nothing for sockets that closed while they stood in line', async () => {
    const harness = new Harness();
    const held = gate<ReadOn>();
    let reads = 0;
    harness.resume = () => {
      reads += 1;
      return held.promise;
    };
    const peers = Array.from({ length: 100 }, () => harness.open(1, since(0)));
    await settle();
    for (const { socket, listener } of peers) {
      socket.close(1006);
      listener.closed(1006);
    }
    held.open({ kind: 'resync', reason: 'too_large', rev: 0, lastSeq: 0 });
    await settle();
    await settle();
    // As many as one user may have at once.
    expect(reads).to.equal(2);
    const next = await harness.connect(1, since(0));
    expect(next.socket.types()).to.deep.equal(['resync_required']);
  });

  it('does not count the time in line against the peer, but the time of its own read', async () => {
    const harness = new Harness({ authenticateMs: 1_000 });
    const held = gate<ReadOn>();
    harness.resume = () => held.promise;
    const peers = Array.from({ length: 9 }, () => harness.open(1, since(0)));
    await settle();
    harness.ticker.tick(8);
    expect(peers.map(({ socket }) => socket.closedWith)).to.deep.equal([1011, 1011, ...Array<null>(7).fill(null)]);
    harness.resume = (actor, chatId, from, max) => harness.store.resume(actor.userId, chatId, from, max);
    held.open({ kind: 'resync', reason: 'too_large', rev: 0, lastSeq: 0 });
    await settle(20);
    expect(peers[8]?.socket.types()).to.deep.equal(['ready']);
  });

  it('closes with 4003 who is removed while it reads, after the event and before any later one', async () => {
    for (const how of ['address', 'command']) {
      const harness = new Harness();
      harness.publish(sent(1));
      const read = gate<ReadOn>();
      harness.resume = () => read.promise;
      const peer = await harness.connect(2, how === 'address' ? { query: 'token=2&since_rev=0' } : {});
      if (how === 'command') peer.send({ type: 'resume', since_rev: 0 });
      harness.publish(removed(2, 2), sent(3));
      const delta = slicedDelta({ rev: 1, events: [sent(1)] });
      read.open({ kind: 'delta', delta, state: { lastSeq: 1, unreadCount: 1, reads: [] } });
      await settle();
      const types = peer.socket.types().filter((type) => type !== 'user_joined');
      expect(types, how).to.deep.equal(['new_message', 'ready', 'participant_removed']);
      expect(peer.socket.closedWith, how).to.equal(4003);
    }
  });

  it('lets the event end who turns out to be removed already', async () => {
    const harness = new Harness();
    const peer = await harness.connect(2);
    harness.resume = (actor, chatId, from, max) => {
      harness.publish(removed(1, 2), sent(2));
      return harness.store.resume(actor.userId, chatId, from, max);
    };
    peer.send({ type: 'resume', since_rev: 0 });
    await settle();
    expect(peer.socket.types()).to.deep.equal(['participant_removed']);
    expect(peer.socket.closedWith).to.equal(4003);
  });

  it('replays no more than some megabytes', async () => {
    const harness = new Harness();
    const content = 'x'.repeat(10_000);
    for (let rev = 1; rev <= 900; rev += 1) {
      harness.store.commit({
        ...sent(rev),
        type: 'new_message',
        message: message({ id: rev, seq: rev, rev, content }),
        at: new Date(START),
      });
    }
    const peer = await harness.connect(1, since(0));
    expect(peer.socket.json()).to.have.length(1);
    expect(peer.socket.json()[0]).to.include({ type: 'resync_required', reason: 'too_large', rev: 900 });
  });
});

describe('a peer that sends and does not read', () => {
  it('is closed with 4408 within 30 s; who answers stays, and who is silent is not asked', async () => {
    const harness = new Harness({ slowReaderMs: 15_000 });
    const [deaf, good, silent] = [await harness.connect(1), await harness.connect(2), await harness.connect(3)];
    let asked = 0;
    silent.socket.answer = () => (asked += 1);
    deaf.socket.answer = () => undefined;
    let ticks = 0;
    while (deaf.socket.closedWith === null && ticks < 121) {
      for (const peer of [deaf, good]) peer.send({ type: 'typing', content: 'stop' });
      harness.ticker.tick();
      ticks += 1;
    }
    expect(deaf.socket.closedWith).to.equal(4408);
    expect(ticks).to.be.below(120);
    for (let count = 0; count < 240; count += 1) {
      good.send({ type: 'typing', content: 'stop' });
      harness.ticker.tick();
    }
    expect([good.socket.closedWith, silent.socket.closedWith, asked]).to.deep.equal([null, null, 0]);
    expect(harness.local.presence.stats().closes).to.deep.equal({ slow_reader: 1 });
  });
});
