import { expect } from 'chai';
import type { Delta } from '../../../src/ports/change-log.js';
import { slicedDelta } from '../../helpers/delta.js';
import { gate, message, sent, settle, START } from './fakes.js';
import { Harness } from './harness.js';

const since = (rev: number): { query: string } => ({ query: `token=1&since_rev=${rev}` });
const as = (userId: number): { query: string } => ({ query: `token=${userId}&since_rev=0` });

/** Texts that JSON makes six times as long. */
const CONTROLS = '\u0001'.repeat(10_000);

describe('replay by turns', () => {
  it('sends slice by slice and reads none ahead', async () => {
    const harness = new Harness({ maxQueuedBytes: 4_000 });
    for (let rev = 1; rev <= 60; rev += 1) harness.store.commit(sent(rev));
    let read = 0;
    harness.resume = async (actor, chatId, from, max) => {
      const answer = await harness.store.resume(actor.userId, chatId, from, max);
      if (answer.kind !== 'delta') return answer;
      const slices = answer.delta.slices.map((slice) => () => ((read += 1), slice()));
      return { ...answer, delta: { ...answer.delta, slices } };
    };
    const peer = harness.open(1, since(0));
    peer.socket.stalled = true;
    await settle(60);
    expect(Math.ceil(peer.socket.frames.length / 3)).to.equal(read);
    expect(read).to.be.within(1, 3);
    for (let turn = 0; turn < 60 && !peer.socket.types().includes('ready'); turn += 1) {
      peer.socket.read(1_000);
      peer.listener.drained();
      await settle(4);
    }
    expect(read).to.equal(20);
    expect(peer.socket.json().map((frame) => frame['rev'])).to.deep.equal([
      ...Array.from({ length: 60 }, (_, index) => index + 1),
      60,
    ]);
  });

  it("serves another user's replay between the slices of a hundred of one user's", async () => {
    const harness = new Harness();
    for (let rev = 1; rev <= 30; rev += 1) harness.store.commit(sent(rev));
    const hogs = Array.from({ length: 100 }, () => harness.open(1, as(1)));
    await settle(10);
    const other = harness.open(2, as(2));
    // A read and ten slices, each after at most two of the other's.
    await settle(60);
    expect(other.socket.types().at(-1)).to.equal('ready');
    expect(hogs.filter(({ socket }) => socket.types().includes('ready'))).to.have.length.below(10);
    await settle(1_200);
    for (const { socket } of hogs) expect(socket.types().filter((type) => type !== 'user_joined')).to.have.length(31);
  });

  it('reads no further slice for a peer that has gone', async () => {
    const harness = new Harness();
    const first = gate<undefined>();
    let read = 0;
    const { slices, ...delta }: Delta = slicedDelta({
      rev: 9,
      events: [1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => sent(n)),
    });
    const counted = slices.map((slice) => async () => {
      read += 1;
      await first.promise;
      return slice();
    });
    const state = { lastSeq: 9, unreadCount: 0, reads: [] };
    harness.resume = () => Promise.resolve({ kind: 'delta', delta: { ...delta, slices: counted }, state });
    const peer = await harness.connect(1, since(0));
    await settle(4);
    peer.socket.close(1006);
    peer.listener.closed(1006);
    first.open(undefined);
    await settle(20);
    expect(read).to.equal(1);
    expect(peer.socket.frames).to.have.length(0);
  });

  it('stops where frames are larger than contents, at 8 MiB, and the client starts afresh', async () => {
    const harness = new Harness();
    for (let rev = 1; rev <= 300; rev += 1) {
      const text = message({ id: rev, seq: rev, rev, content: CONTROLS });
      harness.store.commit({ type: 'new_message', chatId: 7, rev, message: text, at: new Date(START) });
    }
    const peer = harness.open(1, since(0));
    await settle(300);
    const types = peer.socket.types();
    expect(peer.socket.json().at(-1)).to.include({ type: 'resync_required', reason: 'too_large', rev: 300 });
    expect(types.filter((type) => type === 'new_message')).to.have.length.within(130, 140);
    harness.publish(sent(301));
    expect(peer.socket.types().at(-1)).to.equal('new_message');
  });

  it('lets a flood of resumes wait for the budget, and others go on', async () => {
    const harness = new Harness();
    harness.store.commit(sent(1));
    const peer = await harness.connect(1);
    const slow = await harness.connect(2);
    let reads = 0;
    harness.resume = (actor, chatId, from, max) => {
      if (actor.userId === 1) reads += 1;
      return harness.store.resume(actor.userId, chatId, from, max);
    };
    for (let count = 0; count < 2_200; count += 1) {
      peer.send({ type: 'resume', since_rev: 1 });
      await settle();
    }
    expect(reads).to.be.within(2_000, 2_050);
    slow.send({ type: 'resume', since_rev: 1, id: 'mine' });
    await settle();
    expect(slow.socket.json().at(-1)).to.include({ type: 'ready', id: 'mine' });
    // The one that waits goes on when some of the budget has come back; the rest were refused meanwhile.
    harness.clock.time += 1_000;
    harness.ticker.tick();
    await settle(4);
    expect(peer.socket.types().at(-1)).to.equal('ready');
  });
});
