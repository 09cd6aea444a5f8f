import { expect } from 'chai';
import { LIMITS } from '../../../src/protocol/limits.js';
import { removed, sent, settle, START, type Frame } from './fakes.js';
import { Harness, type Peer } from './harness.js';

const INBOX = { path: '/api/v1/ws' };
const TICKS_PER_MINUTE = 240;

function last({ socket }: Peer): Record<string, unknown> {
  return socket.json().at(-1) ?? {};
}

/** What came after `from` frames: type, chat and rev. */
function told({ socket }: Peer, from = 1): unknown[][] {
  return socket
    .json()
    .slice(from)
    .map((frame) => [frame['type'], frame['chat_id'], frame['rev']]);
}

async function pass(harness: Harness, ticks: number): Promise<void> {
  for (let tick = 0; tick < ticks; tick += 1) {
    harness.ticker.tick();
    await settle();
  }
}

function added(harness: Harness, chatId: number, rev = 0): void {
  void harness.broker.publishToUsers([{ type: 'chat_added', userId: 1, chatId, rev, at: new Date(START) }]);
}

describe('inbox socket of more chats than it has room for', () => {
  it('is sent the events of the thousand most active ones, and told of changes of the others', async () => {
    const harness = new Harness({ heartbeatMs: 0 });
    for (let chatId = 8; chatId < 8 + LIMITS.inboxChats; chatId += 1) harness.store.add(chatId, [1, 2]);
    const peer = await harness.connect(1, INBOX);
    const [ready] = peer.socket.json();
    expect(ready).to.include({ type: 'inbox_ready', has_more_chats: true });
    const followed = Object.keys(ready?.['revs'] as object).map(Number);
    expect(followed).to.have.length(LIMITS.inboxChats);
    expect(followed).not.to.include(7);
    expect(Object.keys(ready?.['reads'] as object)).to.have.length(LIMITS.inboxChats);
    harness.publish(sent(1, { chatId: 7 }), sent(1, { chatId: 8 }));
    expect(told(peer)).to.deep.equal([
      ['chat_changed', 7, 1],
      ['new_message', 8, 1],
    ]);
  });

  describe('of three, with two told of', () => {
    let harness: Harness;
    let peer: Peer;

    /** Chats 7 to 11, the last one the most active: 9, 10 and 11 are sent, 7 and 8 told of. */
    beforeEach(async () => {
      harness = new Harness({ heartbeatMs: 0, inbox: { loud: 3, quiet: 2 } });
      for (let chatId = 8; chatId <= 11; chatId += 1) harness.store.add(chatId, [1, 2]);
      peer = await harness.connect(1, INBOX);
      expect(peer.socket.json()[0]?.['revs']).to.deep.equal({ 9: 0, 10: 0, 11: 0 });
    });

    it('gives a chat that comes up the place of the least active one', async () => {
      harness.publish(sent(1, { chatId: 9 }));
      harness.store.add(50, [1, 2]).rev = 4;
      added(harness, 50, 4);
      await settle();
      harness.publish(sent(5, { chatId: 50 }), sent(1, { chatId: 10 }), sent(2, { chatId: 9 }));
      expect(told(peer)).to.deep.equal([
        ['new_message', 9, 1],
        ['chat_changed', 10, 0],
        ['chat_added', 50, 4],
        ['new_message', 50, 5],
        ['chat_changed', 10, 1],
        ['new_message', 9, 2],
      ]);
    });

    it('turns nothing away however many strangers come, and a friend’s chat is live among them', async () => {
      for (let chatId = 100; chatId < 200; chatId += 1) {
        harness.store.add(chatId, [1, 2]);
        added(harness, chatId);
      }
      await settle();
      harness.store.add(500, [1, 2]);
      added(harness, 500);
      await settle();
      const before = peer.socket.json().length;
      harness.publish(sent(1, { chatId: 500 }));
      expect(told(peer, before)).to.deep.equal([['new_message', 500, 1]]);
      expect(peer.socket.types()).not.to.include('error');
      const newest = new Map(peer.socket.json().map((frame): [unknown, Frame] => [frame['chat_id'], frame]));
      for (const chatId of [...Array.from({ length: 100 }, (_, n) => 100 + n), 9, 10, 11]) {
        expect(newest.has(chatId), `chat ${chatId}`).to.equal(true);
      }
    });

    it('tells within a minute of a chat that it does not even keep in view', async () => {
      for (const chatId of [50, 51, 52]) {
        harness.store.add(chatId, [1, 2]);
        added(harness, chatId);
        await settle();
      }
      const before = peer.socket.json().length;
      harness.publish(sent(1, { chatId: 7 }));
      expect(told(peer, before)).to.deep.equal([]);
      await pass(harness, TICKS_PER_MINUTE);
      expect(told(peer, before)).to.deep.equal([['chat_changed', 7, 1]]);
      harness.publish(sent(2, { chatId: 7 }));
      expect(last(peer)).to.include({ type: 'chat_changed', chat_id: 7, rev: 2 });
      await pass(harness, TICKS_PER_MINUTE);
      expect(told(peer, before)).to.have.length(2);
    });

    it('is sent the events of a chat again that is read on from, one or many', async () => {
      harness.publish(sent(1, { chatId: 7 }), sent(1, { chatId: 8 }));
      const before = peer.socket.json().length;
      peer.send({ type: 'resume', id: 'one', chat_id: 7, since_rev: 0 });
      await settle();
      peer.send({ type: 'resume', id: 'many', chats: { 8: 0, 7: 1 } });
      await settle();
      expect(told(peer, before)).to.deep.equal([
        ['chat_changed', 9, 0],
        ['new_message', 7, 1],
        ['ready', 7, 1],
        ['chat_changed', 10, 0],
        ['new_message', 8, 1],
        ['ready', 8, 1],
        ['inbox_ready', undefined, undefined],
      ]);
      expect(last(peer)['revs']).to.deep.equal({ 7: 1, 8: 1, 11: 0 });
      harness.publish(sent(2, { chatId: 7 }), sent(1, { chatId: 9 }));
      expect(told(peer, before).slice(-2)).to.deep.equal([
        ['new_message', 7, 2],
        ['chat_changed', 9, 1],
      ]);
    });

    it('reads on in a chat that it does not even keep in view, and knows one that the user is not in', async () => {
      for (const chatId of [50, 51, 52]) {
        harness.store.add(chatId, [1, 2]);
        added(harness, chatId);
        await settle();
      }
      harness.store.add(60, [2]);
      harness.publish(sent(1, { chatId: 7 }));
      const before = peer.socket.json().length;
      peer.send({ type: 'resume', id: 'a', chat_id: 7, since_rev: 0 });
      await settle();
      peer.send({ type: 'resume', id: 'b', chat_id: 60, since_rev: 0 });
      await settle();
      const after = told(peer, before);
      expect(after.filter(([type]) => type !== 'chat_changed')).to.deep.equal([
        ['chat_added', 7, 1],
        ['new_message', 7, 1],
        ['ready', 7, 1],
        ['error', undefined, undefined],
      ]);
      expect(last(peer)).to.include({ code: 'chat_not_found', id: 'b' });
    });

    it('says that a chat is gone which it was only told of', () => {
      harness.publish(sent(1, { chatId: 7 }), removed(2, 1));
      expect(told(peer)).to.deep.equal([
        ['chat_changed', 7, 1],
        ['participant_removed', 7, 2],
        ['chat_removed', 7, 2],
      ]);
    });

    it('finds events that were lost in a chat which it is only told of', async () => {
      harness.store.commit(sent(1, { chatId: 7 }));
      await pass(harness, 60);
      expect(told(peer)).to.deep.equal([['chat_changed', 7, 1]]);
    });

    it('keeps the newest change of each chat for a reader that is behind', async () => {
      const narrow = new Harness({ heartbeatMs: 0, inbox: { loud: 1, quiet: 2 }, maxQueuedBytes: 8_000 });
      for (const chatId of [8, 9]) narrow.store.add(chatId, [1, 2]);
      const slow = await narrow.connect(1, INBOX);
      slow.socket.stalled = true;
      narrow.publish(sent(1, { chatId: 9, content: 'x'.repeat(3_000) }));
      for (let rev = 1; rev <= 50; rev += 1) narrow.publish(sent(rev, { chatId: 7 }), sent(rev, { chatId: 8 }));
      expect(told(slow)).to.deep.equal([['new_message', 9, 1]]);
      slow.socket.stalled = false;
      slow.socket.read(8_000);
      slow.listener.drained();
      expect(told(slow).slice(1)).to.deep.equal([
        ['chat_changed', 7, 50],
        ['chat_changed', 8, 50],
      ]);
    });

    it('sends the events of the next most active one soon after another was left', async () => {
      harness.publish(removed(1, 1, 11));
      harness.publish(sent(1, { chatId: 7 }));
      await pass(harness, TICKS_PER_MINUTE);
      expect(told(peer)).to.deep.equal([
        ['participant_removed', 11, 1],
        ['chat_removed', 11, 1],
        ['chat_changed', 7, 1],
        ['chat_added', 7, 1],
      ]);
    });
  });
});

describe('the minute check of an inbox socket', () => {
  it('finds a chat whose news were lost, by one look at the list in a minute', async () => {
    const harness = new Harness({ heartbeatMs: 0 });
    const peer = await harness.connect(1, INBOX);
    harness.store.add(9, [1, 2]).rev = 3;
    const { chatsOf } = harness;
    let looks = 0;
    harness.chatsOf = (actor, limit) => {
      looks += 1;
      return chatsOf(actor, limit);
    };
    await pass(harness, TICKS_PER_MINUTE - 2);
    expect(peer.socket.types()).to.deep.equal(['inbox_ready']);
    await pass(harness, 2);
    expect(last(peer)).to.include({ type: 'chat_added', chat_id: 9, rev: 3 });
    expect(looks).to.equal(1);
    harness.publish(sent(4, { chatId: 9 }));
    expect(last(peer)).to.include({ type: 'new_message', chat_id: 9, rev: 4 });
  });

  it('finds that a chat is gone whose every event was lost', async () => {
    const harness = new Harness();
    const peer = await harness.connect(1, INBOX);
    harness.store.commit(removed(1, 1));
    await pass(harness, TICKS_PER_MINUTE);
    const kinds = peer.socket.types().filter((type) => type !== 'heartbeat');
    expect(kinds).to.deep.equal(['inbox_ready', 'participant_removed', 'chat_removed']);
  });
});
