import { expect } from 'chai';
import { LIMITS } from '../../../src/protocol/limits.js';
import { removed, sent, settle, START } from './fakes.js';
import { Harness, type Peer } from './harness.js';

const INBOX = { path: '/api/v1/ws' };
const TICKS_PER_MINUTE = 240;

function last({ socket }: Peer): Record<string, unknown> {
  return socket.json().at(-1) ?? {};
}

async function pass(harness: Harness, ticks: number): Promise<void> {
  for (let tick = 0; tick < ticks; tick += 1) {
    harness.ticker.tick();
    await settle();
  }
}

describe('inbox socket of many chats', () => {
  let harness: Harness;
  let peer: Peer;

  beforeEach(async () => {
    harness = new Harness({ heartbeatMs: 0 });
    for (let chatId = 8; chatId < 8 + LIMITS.inboxChats; chatId += 1) harness.store.add(chatId, [1, 2]);
    peer = await harness.connect(1, INBOX);
  });

  it('follows the first thousand and says that there are more', () => {
    const [ready] = peer.socket.json();
    expect(ready).to.include({ type: 'inbox_ready', has_more_chats: true });
    const followed = Object.keys(ready?.['revs'] as object).map(Number);
    expect(followed).to.have.length(LIMITS.inboxChats);
    expect(Math.max(...followed)).to.equal(6 + LIMITS.inboxChats);
    const [inside, outside] = [6 + LIMITS.inboxChats, 7 + LIMITS.inboxChats];
    harness.publish(sent(1, { chatId: outside }), sent(1, { chatId: inside }));
    expect(peer.socket.json().slice(1)).to.have.length(1);
    expect(last(peer)).to.include({ type: 'new_message', chat_id: inside });
  });

  it('says so where one more comes up, and that a chat it does not follow need not be gone', async () => {
    harness.store.add(5_000, [1, 2]);
    void harness.broker.publishToUsers([{ type: 'chat_added', userId: 1, chatId: 5_000, rev: 1, at: new Date(START) }]);
    await settle();
    expect(last(peer)).to.include({ type: 'error', code: 'too_many_chats' });
    peer.send({ type: 'resume', id: 'r', chats: { 5000: 0 } });
    await settle();
    expect(last(peer)).to.include({ type: 'inbox_ready', id: 'r', has_more_chats: true });
    expect(peer.socket.types()).not.to.include('chat_removed');
  });

  it('takes up the next one within a minute of another that was left', async () => {
    harness.publish(removed(1, 1));
    expect(last(peer)).to.include({ type: 'chat_removed', chat_id: 7 });
    await pass(harness, TICKS_PER_MINUTE);
    expect(last(peer)).to.include({ type: 'chat_added', chat_id: 7 + LIMITS.inboxChats });
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
    const told = peer.socket.types().filter((type) => type !== 'heartbeat');
    expect(told).to.deep.equal(['inbox_ready', 'participant_removed', 'chat_removed']);
  });
});
