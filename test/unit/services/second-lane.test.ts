import { expect } from 'chai';
import { AppError } from '../../../src/domain/errors.js';
import type { Message } from '../../../src/domain/message.js';
import type { AppendOutcome, MessageDraft } from '../../../src/ports/message-log.js';
import { createMessageWriter, type WriterOptions } from '../../../src/services/messages/writer.js';
import { waitUntil } from '../../helpers/servers/wait-until.js';

/** A log in which some chats are busy; what waits for them is let through chat by chat. */
class BusyLog {
  readonly busy = new Set<number>();
  readonly stored: string[] = [];
  readonly waited: string[][] = [];
  readonly #held: (() => void)[] = [];
  /** Called before it is looked which chats are busy. */
  onOffer: (chatIds: readonly number[]) => void = () => undefined;

  appendUnlessBusy(drafts: readonly MessageDraft[]): Promise<readonly (AppendOutcome | 'busy')[]> {
    this.onOffer([...new Set(drafts.map((draft) => draft.chatId))]);
    return Promise.resolve(drafts.map((draft) => (this.busy.has(draft.chatId) ? 'busy' : this.#store(draft))));
  }

  async append(drafts: readonly MessageDraft[]): Promise<readonly AppendOutcome[]> {
    this.waited.push(drafts.map((draft) => draft.content));
    await new Promise<void>((resolve) => this.#held.push(resolve));
    return drafts.map((draft) => this.#store(draft));
  }

  letThrough(): void {
    this.#held.shift()?.();
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

  it('takes one chat at a time, in turn', async () => {
    const log = new BusyLog();
    const writer = open(log, { limits: { batch: 1 } });
    for (const chat of [1, 2]) log.busy.add(chat);
    const all = [draft(1, 'a1'), draft(1, 'a2'), draft(2, 'b1')].map((each) => writer.write(each));
    // The first lane keeps the order of arrival: behind this one, all three are in the second.
    await writer.write(draft(3, 'c1'));
    for (let batch = 1; batch <= 3; batch += 1) {
      await until(`batch ${batch}`, () => log.waited.length === batch);
      log.letThrough();
    }
    await Promise.all(all);
    expect(log.waited).to.deep.equal([['a1'], ['b1'], ['a2']]);
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
