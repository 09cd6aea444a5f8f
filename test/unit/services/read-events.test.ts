import { expect } from 'chai';
import type { ChatEvent } from '../../../src/domain/events.js';
import { createReadEvents, type ReadEvents } from '../../../src/services/realtime/read-events.js';

describe('read events', () => {
  let now: number;
  let told: [userId: number, lastReadSeq: number][];
  let readEvents: ReadEvents;

  beforeEach(() => {
    now = 5_000;
    told = [];
    const publish = (events: readonly ChatEvent[]): void => {
      for (const event of events) if (event.type === 'read') told.push([event.userId, event.lastReadSeq]);
    };
    // The wall clock stands still: only the monotonic one may count.
    readEvents = createReadEvents({ publish, clock: { now: () => 0, monotonic: () => now } });
  });
  afterEach(() => readEvents.stop());

  function note(userId: number, lastReadSeq: number, chatId = 1): void {
    readEvents.note({ type: 'read', chatId, userId, lastReadSeq, ownOnly: false, at: new Date(0) });
  }

  function pass(ms: number): void {
    now += ms;
    readEvents.sweep();
  }

  it('tells the first at once and the furthest of what follows when the second is over', () => {
    note(7, 1);
    expect(told).to.deep.equal([[7, 1]]);
    for (const seq of [2, 5, 4]) note(7, seq);
    pass(999);
    expect(told).to.have.length(1);
    pass(1);
    expect(told).to.deep.equal([
      [7, 1],
      [7, 5],
    ]);
    note(7, 6);
    pass(999);
    expect(told).to.have.length(2);
    pass(1);
    expect(told.slice(2)).to.deep.equal([[7, 6]]);
  });

  it('never tells a mark that lies behind one already told', () => {
    note(7, 9);
    note(7, 3);
    pass(1_000);
    pass(1_000);
    expect(told).to.deep.equal([[7, 9]]);
  });

  it('forgets a participant who has read nothing for a second, and tells their next mark at once', () => {
    note(7, 1);
    pass(1_000);
    note(7, 2);
    expect(told).to.deep.equal([
      [7, 1],
      [7, 2],
    ]);
  });

  it('holds nobody up for another, in this chat or elsewhere', () => {
    note(7, 1);
    note(8, 1);
    note(7, 4, 2);
    expect(told).to.have.length(3);
    note(7, 2);
    pass(600);
    note(8, 2);
    note(9, 1);
    pass(400);
    expect(told.slice(3)).to.deep.equal([
      [9, 1],
      [7, 2],
      [8, 2],
    ]);
  });

  it('sweeps by itself', async () => {
    const real = { now: () => 0, monotonic: () => performance.now() };
    let resolve: (seq: number) => void = () => undefined;
    const second = new Promise<number>((done) => {
      resolve = done;
    });
    const timed = createReadEvents({
      publish: ([event]) => {
        if (event?.type === 'read' && event.lastReadSeq > 1) resolve(event.lastReadSeq);
      },
      clock: real,
    });
    // The timer holds no process up, so something else has to.
    const alive = setInterval(() => undefined, 1_000);
    for (const lastReadSeq of [1, 2, 3]) {
      timed.note({ type: 'read', chatId: 1, userId: 7, lastReadSeq, ownOnly: false, at: new Date(0) });
    }
    expect(await second).to.equal(3);
    clearInterval(alive);
    timed.stop();
  });

  it('tells what still waits when it is stopped', () => {
    note(7, 1);
    note(7, 2);
    readEvents.stop();
    expect(told).to.deep.equal([
      [7, 1],
      [7, 2],
    ]);
    readEvents.stop();
    expect(told).to.have.length(2);
  });
});
