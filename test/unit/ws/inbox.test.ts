import { expect } from 'chai';
import { AppError } from '../../../src/domain/errors.js';
import type { UserEvent } from '../../../src/domain/events.js';
import type { Services } from '../../../src/services/services.js';
import { gate, removed, sent, settle, START, type Frame } from './fakes.js';
import { Harness, type Peer } from './harness.js';

const INBOX = { path: '/api/v1/ws' };
const TICKS_PER_SECOND = 4;

function told({ socket }: Peer): unknown[][] {
  return socket.json().map((frame) => [frame['type'], frame['chat_id'] ?? frame['revs'], frame['rev']]);
}

function added(rev: number): UserEvent {
  return { type: 'chat_added', userId: 1, chatId: 9, rev, at: new Date(START) };
}

/** Holds the answer of the nth list until `open`. */
function holdList(harness: Harness, nth: number): { open: () => void } {
  const { chatsOf } = harness;
  const held = gate<undefined>();
  let calls = 0;
  harness.chatsOf = async (actor, limit) => {
    const answer = await chatsOf(actor, limit);
    calls += 1;
    if (calls === nth) await held.promise;
    return answer;
  };
  return { open: () => held.open(undefined) };
}

/** Ticks until the peer was told of `type`; answers how many seconds of the ticker that took. */
async function secondsUntil(harness: Harness, peer: Peer, type: string): Promise<number> {
  let ticks = 0;
  while (!peer.socket.types().includes(type) && ticks < 90 * TICKS_PER_SECOND) {
    harness.ticker.tick();
    await settle();
    ticks += 1;
  }
  return ticks / TICKS_PER_SECOND;
}

describe('inbox socket', () => {
  it('begins with inbox_ready, and what came by while the list was read follows it', async () => {
    const harness = new Harness();
    const list = holdList(harness, 2);
    const peer = await harness.connect(1, INBOX);
    harness.publish(sent(1));
    void harness.broker.publish([
      { type: 'read', chatId: 7, userId: 1, lastReadSeq: 1, ownOnly: true, at: new Date(START) },
    ]);
    expect(peer.socket.frames).to.have.length(0);
    list.open();
    await settle();
    expect(told(peer)).to.deep.equal([
      ['inbox_ready', { 7: 0 }, undefined],
      ['new_message', 7, 1],
      ['read', 7, undefined],
    ]);
  });

  it('tells a removal that came by while the list was read after inbox_ready, which has the chat', async () => {
    const harness = new Harness();
    const list = holdList(harness, 2);
    const peer = await harness.connect(1, INBOX);
    harness.publish(removed(1, 1));
    list.open();
    await settle();
    expect(told(peer)).to.deep.equal([
      ['inbox_ready', { 7: 0 }, undefined],
      ['participant_removed', 7, 1],
      ['chat_removed', 7, 1],
    ]);
  });

  it('answers a resume that was sent at once after inbox_ready', async () => {
    const harness = new Harness();
    harness.publish(sent(1), sent(2));
    harness.store.add(9, [1, 2]).rev = 5;
    const peer = harness.open(1, INBOX);
    peer.send({ type: 'resume', id: 'r', chats: { 7: 0, 9: 5, 4: 1 } });
    await settle();
    await settle();
    const revs = { 7: 2, 9: 5 };
    expect(told(peer)).to.deep.equal([
      ['inbox_ready', revs, undefined],
      ['chat_removed', 4, 1],
      ['new_message', 7, 1],
      ['new_message', 7, 2],
      ['ready', 7, 2],
      ['inbox_ready', revs, undefined],
    ]);
  });

  it('resumes a chat that it has not heard of yet, instead of calling it left', async () => {
    const harness = new Harness();
    const peer = await harness.connect(1, INBOX);
    harness.store.add(9, [1, 2]).rev = 3;
    peer.send({ type: 'resume', id: 'r', chats: { 9: 2 } });
    await settle();
    await settle();
    expect(told(peer).slice(1)).to.deep.equal([
      ['chat_added', 9, 3],
      ['ready', 9, 3],
      ['inbox_ready', { 7: 0, 9: 3 }, undefined],
    ]);
  });

  it('fails a resume with unavailable while a chat of the user’s cannot be joined', async () => {
    const harness = new Harness();
    const peer = await harness.connect(1, INBOX);
    harness.store.add(9, [1, 2]).rev = 3;
    harness.join = () => Promise.reject(new AppError('unavailable'));
    peer.send({ type: 'resume', id: 'r', chats: { 9: 2 } });
    await settle();
    const [, error, ...more] = peer.socket.json();
    expect(error).to.include({ type: 'error', code: 'unavailable', id: 'r' });
    expect(more).to.deep.equal([]);
  });

  it('runs one resume at a time, of one chat or of many', async () => {
    const harness = new Harness();
    for (let chatId = 100; chatId < 140; chatId += 1) harness.store.add(chatId, [1]).rev = 5;
    const peer = await harness.connect(1, INBOX);
    let reads = 0;
    const held = gate<undefined>();
    harness.resume = async (actor, chatId, from, max) => {
      reads += 1;
      await held.promise;
      return harness.store.resume(actor.userId, chatId, from, max);
    };
    for (let chatId = 100; chatId < 140; chatId += 1) {
      peer.send({ type: 'resume', id: chatId, chat_id: chatId, since_rev: 0 });
    }
    peer.send({ type: 'resume', id: 'many', chats: { 7: 0 } });
    await settle();
    held.open(undefined);
    await settle();
    const answers = peer.socket.json().slice(1);
    expect(reads).to.equal(1);
    expect(answers.filter(({ type }) => type === 'ready').map(({ id }) => id)).to.deep.equal([100]);
    const refused = answers.filter(({ code }) => code === 'resume_in_progress').map(({ id }: Frame) => id);
    expect(refused).to.deep.equal([...Array.from({ length: 39 }, (_, index) => 101 + index), 'many']);
  });

  it('joins a chat soon whose first join failed, and asks less often while they go on failing', async () => {
    const harness = new Harness();
    const peer = await harness.connect(1, INBOX);
    harness.store.add(9, [1, 2]);
    const { join } = harness;
    let failed = 0;
    harness.join = (actor, chatId) => {
      failed += 1;
      return failed <= 3 ? Promise.reject(new AppError('unavailable')) : join(actor, chatId);
    };
    void harness.broker.publishToUsers([added(0)]);
    await settle();
    const seconds = await secondsUntil(harness, peer, 'chat_added');
    expect(failed).to.equal(4);
    expect(seconds).to.be.within(13, 15);
  });

  it('compares again soon when the list could not be read', async () => {
    const harness = new Harness();
    const peer = await harness.connect(1, INBOX);
    harness.store.add(9, [1, 2]);
    const { chatsOf } = harness;
    let failed = 0;
    harness.chatsOf = (actor, limit) => {
      failed += 1;
      return failed === 1 ? Promise.reject(new AppError('unavailable')) : chatsOf(actor, limit);
    };
    expect(await secondsUntil(harness, peer, 'chat_added')).to.be.within(60, 63);
  });

  it('joins at once who was added again while an older join was refused', async () => {
    const harness = new Harness();
    const peer = await harness.connect(1, INBOX);
    const older = gate<Awaited<ReturnType<Services['realtime']['join']>>>();
    const { join } = harness;
    harness.join = () => older.promise;
    void harness.broker.publishToUsers([added(0)]);
    await settle();
    harness.join = join;
    harness.store.add(9, [1, 2]).rev = 4;
    void harness.broker.publishToUsers([added(4)]);
    older.fail(new AppError('chat_not_found'));
    await settle();
    expect(told(peer).slice(1)).to.deep.equal([['chat_added', 9, 4]]);
  });
});
