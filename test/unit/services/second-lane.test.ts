import { expect } from 'chai';
import { AppError } from '../../../src/domain/errors.js';
import type { Message } from '../../../src/domain/message.js';
import { APPENDS_AT_ONCE, type AppendOutcome, type MessageDraft } from '../../../src/ports/message-log.js';
import { createMessageWriter, type WriterOptions } from '../../../src/services/messages/writer/index.js';
import { waitUntil } from '../../helpers/servers/wait-until.js';

/** A log in which some chats are busy; what waits for them is let through chat by chat. */
class BusyLog {
  readonly busy = new Set<number>();
  readonly stored: string[] = [];
  readonly waited: string[][] = [];
  readonly #held = new Map<string, () => void>();
  /** Called before it is looked which chats are busy. */
  onOffer: (chatIds: readonly number[]) => void = () => undefined;

  appendUnlessBusy(drafts: readonly MessageDraft[]): Promise<readonly (AppendOutcome | 'busy')[]> {
    this.onOffer([...new Set(drafts.map((draft) => draft.chatId))]);
    return Promise.resolve(drafts.map((draft) => (this.busy.has(draft.chatId) ? 'busy' : this.#store(draft))));
  }

  async append(drafts: readonly MessageDraft[]): Promise<readonly AppendOutcome[]> {
    this.waited.push(drafts.map((draft) => draft.content));
    await new Promise<void>((resolve) => this.#held.set(drafts[0]?.content ?? '', resolve));
    return drafts.map((draft) => this.#store(draft));
  }

  /** The batch that begins with this one; the first that waits where none is named. */
  letThrough(content = [...this.#held.keys()][0] ?? ''): void {
    this.#held.get(content)?.();
    this.#held.delete(content);
  }

  #store(draft: MessageDraft): AppendOutcome {
    this.stored.push(draft.content);
    return { ok: true, message: { content: draft.content } as Message, duplicate: false, event: null };
  }
}

describe('second lane', () => {
  const draft = (chatId: number, content: string): MessageDraft => ({
    chatId,
    senderId: 1,
    senderUsername: 'ann',
    content,
    messageType: 'text',
    clientMessageId: null,
  });
  const until = (what: string, isSo: () => boolean): Promise<void> =>
    waitUntil(() => (isSo() ? Promise.resolve() : Promise.reject(new Error('not yet'))), {
      what,
      deadlineMs: 2_000,
      everyMs: 1,
    });
  const open = (log: BusyLog, options: WriterOptions = {}) => createMessageWriter(log, () => undefined, options);
  const code = (outcome: AppendOutcome): string => (outcome.ok ? 'ok' : outcome.error.code);

  it('I7 takes the later sends of a chat along, and lets go of it when nothing is left', async () => {
    const log = new BusyLog();
    const writer = open(log);
    log.busy.add(1);
    const first = writer.write(draft(1, 'a1'));
    await until('a1 waits', () => log.waited.length === 1);
    log.busy.clear();
    const second = writer.write(draft(1, 'a2'));
    expect(code(await writer.write(draft(2, 'b1')))).to.equal('ok');
    const third = writer.write(draft(1, 'a3'));
    expect(code(await writer.write(draft(2, 'b2')))).to.equal('ok');
    expect(log.stored).to.deep.equal(['b1', 'b2']);
    log.letThrough();
    await first;
    await until('the rest waits', () => log.waited.length === 2);
    log.letThrough();
    await Promise.all([second, third]);
    expect(log.waited).to.deep.equal([['a1'], ['a2', 'a3']]);
    await writer.drain();
    expect(code(await writer.write(draft(1, 'a4')))).to.equal('ok');
    expect(log.waited).to.have.length(2);
    expect(log.stored).to.deep.equal(['b1', 'b2', 'a1', 'a2', 'a3', 'a4']);
  });

  it('I7 takes one batch of a chat at a time', async () => {
    const log = new BusyLog();
    const writer = open(log, { limits: { batch: 1 } });
    for (const chat of [1, 2]) log.busy.add(chat);
    const all = [draft(1, 'a1'), draft(1, 'a2'), draft(2, 'b1')].map((each) => writer.write(each));
    // The first lane keeps the order of arrival: behind this one, all three are in the second.
    await writer.write(draft(3, 'c1'));
    await until('both chats are waited for', () => log.waited.length === 2);
    expect(log.waited).to.deep.equal([['a1'], ['b1']]);
    log.letThrough('a1');
    await until('the rest of the first', () => log.waited.length === 3);
    expect(log.waited[2]).to.deep.equal(['a2']);
    for (const content of ['b1', 'a2']) log.letThrough(content);
    await Promise.all(all);
  });

  it('waits for one stuck chat beside another, and I7 keeps the order of each', async () => {
    const log = new BusyLog();
    const writer = open(log);
    log.busy.add(1);
    const stuck = writer.write(draft(1, 'a1'));
    await until('a1 waits', () => log.waited.length === 1);
    log.busy.add(2);
    const other = [writer.write(draft(2, 'b1'))];
    await until('b1 waits as well', () => log.waited.length === 2);
    other.push(writer.write(draft(2, 'b2')));
    log.letThrough('b1');
    await other[0];
    await until('b2 waits', () => log.waited.length === 3);
    log.letThrough('b2');
    expect((await Promise.all(other)).map(code)).to.deep.equal(['ok', 'ok']);
    expect(log.stored).to.deep.equal(['b1', 'b2']);
    log.letThrough('a1');
    expect(code(await stuck)).to.equal('ok');
    await writer.drain();
  });

  it('waits for a few only, and tries the others until somebody lets go of them', async () => {
    const log = new BusyLog();
    const writer = open(log);
    const chats = [1, 2, 3, 4, 5, 6];
    for (const chat of chats) log.busy.add(chat);
    const sent = chats.map((chat) => writer.write(draft(chat, `m${chat}`)));
    await until('some are waited for', () => log.waited.length === APPENDS_AT_ONCE.secondLane - 1);
    let offered = 0;
    const tried = new Map<number, number>();
    log.onOffer = ([chat = 0]) => {
      offered += 1;
      tried.set(chat, (tried.get(chat) ?? 0) + 1);
      if (offered === 9) log.busy.delete(5);
    };
    expect(code(await (sent[4] ?? Promise.reject(new Error('not sent'))))).to.equal('ok');
    expect(log.stored).to.deep.equal(['m5']);
    expect(log.waited).to.deep.equal([['m1'], ['m2'], ['m3']]);
    expect([...tried.keys()].sort()).to.deep.equal([4, 5, 6]);
    for (const content of ['m2', 'm1', 'm3']) log.letThrough(content);
    await until('the next two are waited for', () => log.waited.length === 5);
    for (const content of ['m4', 'm6']) log.letThrough(content);
    expect((await Promise.all(sent)).map(code)).to.deep.equal(chats.map(() => 'ok'));
    await writer.drain();
  });

  it('stores what was busy only for a moment before it waits for a chat that is stuck', async () => {
    const log = new BusyLog();
    const writer = open(log);
    for (const chat of [1, 2, 3]) log.busy.add(chat);
    const stuck = writer.write(draft(1, 'a1'));
    const quick = [writer.write(draft(2, 'b1')), writer.write(draft(3, 'c1')), writer.write(draft(2, 'b2'))];
    log.onOffer = (chatIds) => {
      // By the time that the stuck one is offered again, the others are free.
      if (chatIds.length === 1 && chatIds[0] === 1) for (const chat of [2, 3]) log.busy.delete(chat);
    };
    expect((await Promise.all(quick)).map(code)).to.deep.equal(['ok', 'ok', 'ok']);
    expect(log.stored).to.deep.equal(['b1', 'b2', 'c1']);
    await until('a1 waits', () => log.waited.length === 1);
    const later = writer.write(draft(1, 'a2'));
    log.letThrough();
    await until('a2 waits', () => log.waited.length === 2);
    log.letThrough();
    expect((await Promise.all([stuck, later])).map(code)).to.deep.equal(['ok', 'ok']);
    expect(log.stored).to.deep.equal(['b1', 'b2', 'c1', 'a1', 'a2']);
  });

  it('refuses what waits for too long or does not fit, and drains', async () => {
    const log = new BusyLog();
    const writer = open(log, { limits: { queuedOfBusyChat: 2, waitMs: 20 } });
    log.busy.add(1);
    const first = writer.write(draft(1, 'a1'));
    await until('a1 waits', () => log.waited.length === 1);
    const rest = ['a2', 'a3', 'a4'].map((content) => writer.write(draft(1, content)));
    const refused = (await Promise.all(rest)).map((outcome) => !outcome.ok && outcome.error);
    const wanted = ['unavailable', 'unavailable', 'overloaded'].map((name) => ({ code: name, retryAfter: 1 }));
    expect(refused).to.have.length(wanted.length);
    refused.forEach((error, index) => expect(error).to.include(wanted[index]));
    log.letThrough();
    expect(code(await first)).to.equal('ok');
    await writer.drain();
    expect(log.stored).to.deep.equal(['a1']);
  });

  it('counts what waits here against the bounds of the queue', async () => {
    const log = new BusyLog();
    const writer = open(log, { limits: { queuedItems: 2 } });
    log.busy.add(1);
    const waiting = [writer.write(draft(1, 'a1'))];
    await until('a1 waits', () => log.waited.length === 1);
    for (const content of ['a2', 'a3']) waiting.push(writer.write(draft(1, content)));
    const problem: unknown = await writer.write(draft(2, 'b')).then(
      () => null,
      (error: unknown) => error,
    );
    expect(problem).to.be.instanceOf(AppError).that.includes({ code: 'overloaded', retryAfter: 1 });
    log.letThrough();
    await until('the rest waits', () => log.waited.length === 2);
    log.letThrough();
    expect((await Promise.all(waiting)).map(code)).to.deep.equal(['ok', 'ok', 'ok']);
  });
});
