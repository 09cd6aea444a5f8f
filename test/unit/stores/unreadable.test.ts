import { expect } from 'chai';
import { createUnreadableBodies } from '../../../src/stores/sql/ground/unreadable.js';

describe('unreadable bodies', () => {
  let now: number;
  let lines: object[];
  let unreadable: ReturnType<typeof createUnreadableBodies>;
  beforeEach(() => {
    now = 0;
    lines = [];
    const clock = { now: () => 0, monotonic: () => now };
    unreadable = createUnreadableBodies({ clock, logger: { warn: (facts) => void lines.push(facts) } });
  });

  const message = (messageId: number) => ({ chatId: 1, seq: messageId, messageId, version: 1 });

  it('counts every read and logs each message once an hour', () => {
    for (const id of [1, 2, 1, 1]) unreadable.note(message(id));
    expect(lines).to.deep.equal([message(1), message(2)]);
    expect(unreadable.figures()).to.deep.equal({ reads: 4, messages: 2 });
    now += 3_599_999;
    unreadable.note(message(1));
    expect(lines).to.have.lengthOf(2);
    now += 1;
    unreadable.note(message(1));
    expect(lines).to.have.lengthOf(3);
    expect(unreadable.figures()).to.deep.equal({ reads: 6, messages: 2 });
  });

  it('says how many it did not log when there are too many, in bounded memory', () => {
    for (let id = 1; id <= 30_000; id += 1) unreadable.note(message(id));
    expect(lines).to.have.lengthOf(20);
    expect(unreadable.figures()).to.deep.equal({ reads: 30_000, messages: 10_000 });
    now += 60_000;
    unreadable.note(message(30_001));
    unreadable.note(message(30_002));
    expect(lines.slice(20)).to.deep.equal([{ ...message(30_001), unlogged: 29_980 }, message(30_002)]);
  });
});
