import { expect } from 'chai';
import { AppError } from '../../../src/domain/errors.js';
import type { ChatEvent } from '../../../src/domain/events.js';
import type { Message } from '../../../src/domain/message.js';
import type { AppendOutcome, MessageDraft } from '../../../src/ports/message-log.js';
import { createMessageWriter } from '../../../src/services/messages/writer/index.js';

function draft(content: string): MessageDraft {
  return { chatId: 1, senderId: 1, senderUsername: 'ann', content, messageType: 'text', clientMessageId: null };
}

/** A log whose appends wait until the test lets them through; it records the batches it was given. */
function heldLog() {
  const batches: string[][] = [];
  const waiting: (() => void)[] = [];
  let seq = 0;
  async function append(drafts: readonly MessageDraft[]): Promise<readonly AppendOutcome[]> {
    batches.push(drafts.map((item) => item.content));
    await new Promise<void>((resolve) => waiting.push(resolve));
    return drafts.map((item): AppendOutcome => {
      if (item.content === 'bad') return { ok: false, error: new AppError('chat_not_found') };
      seq += 1;
      const message = { id: seq, seq, rev: seq, content: item.content } as Message;
      const event = { type: 'new_message', chatId: 1, rev: seq, at: new Date(0), message } as const;
      return { ok: true, message, duplicate: false, event };
    });
  }
  return {
    batches,
    append,
    appendUnlessBusy: append,
    release(): void {
      waiting.shift()?.();
    },
  };
}

async function turns(count = 3): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

describe('message writer', () => {
  it('writes what arrives during a batch as the next one, in order of arrival', async () => {
    const log = heldLog();
    const writer = createMessageWriter(log, () => undefined);
    const first = writer.write(draft('a'));
    await turns();
    const others = ['b', 'c', 'd'].map((content) => writer.write(draft(content)));
    log.release();
    await first;
    await turns();
    log.release();
    const outcomes = await Promise.all(others);
    expect(log.batches).to.deep.equal([['a'], ['b', 'c', 'd']]);
    expect(outcomes.map((outcome) => outcome.ok && outcome.message.seq)).to.deep.equal([2, 3, 4]);
  });

  it('splits a long queue at the bound of a batch', async () => {
    const log = heldLog();
    const writer = createMessageWriter(log, () => undefined, {
      limits: { batch: 2, queuedItems: 10, queuedBytes: 100 },
    });
    const all = ['a', 'b', 'c'].map((content) => writer.write(draft(content)));
    await turns();
    log.release();
    await turns();
    log.release();
    await Promise.all(all);
    expect(log.batches).to.deep.equal([['a', 'b'], ['c']]);
  });

  it('gives each item its own outcome and publishes the stored ones only, after the answers', async () => {
    const log = heldLog();
    const order: string[] = [];
    const published: ChatEvent[] = [];
    const writer = createMessageWriter(log, (events) => {
      order.push('published');
      published.push(...events);
    });
    const all = ['a', 'bad', 'c'].map((content) =>
      writer.write(draft(content)).then((outcome) => {
        order.push('answered');
        return outcome.ok;
      }),
    );
    await turns();
    log.release();
    expect(await Promise.all(all)).to.deep.equal([true, false, true]);
    await turns();
    expect(order).to.deep.equal(['answered', 'answered', 'answered', 'published']);
    expect(published.map((event) => 'rev' in event && event.rev)).to.deep.equal([1, 2]);
  });

  it('answers every item of a batch that was rejected, and goes on with the next', async () => {
    let calls = 0;
    const writer = createMessageWriter(
      {
        append: () => Promise.reject(new Error('no chat is busy')),
        appendUnlessBusy(drafts) {
          calls += 1;
          if (calls === 1) return Promise.reject(new AppError('unavailable'));
          return Promise.resolve(drafts.map(() => ({ ok: false, error: new AppError('chat_not_found') })));
        },
      },
      () => undefined,
    );
    const first = await Promise.all([writer.write(draft('a')), writer.write(draft('b'))]);
    const second = await writer.write(draft('c'));
    const code = (outcome: AppendOutcome) => (outcome.ok ? 'ok' : outcome.error.code);
    expect(first.map(code)).to.deep.equal(['unavailable', 'unavailable']);
    expect(code(second)).to.equal('chat_not_found');
  });

  it('refuses what does not fit into the queue, by items and by bytes', async () => {
    const log = heldLog();
    const writer = createMessageWriter(log, () => undefined, {
      limits: { batch: 1, queuedItems: 2, queuedBytes: 10 },
    });
    const refusal = (promise: Promise<unknown>) =>
      promise.then(
        () => 'taken',
        ({ code, retryAfter }: AppError) => ({ code, retryAfter }),
      );
    const overloaded = { code: 'overloaded', retryAfter: 1 };
    const running = writer.write(draft('a'));
    await turns();
    const queued = [writer.write(draft('b'))];
    expect(await refusal(writer.write(draft('x'.repeat(10))))).to.deep.equal(overloaded);
    queued.push(writer.write(draft('c')));
    expect(await refusal(writer.write(draft('d')))).to.deep.equal(overloaded);
    const drained = writer.drain();
    for (let batch = 0; batch < 3; batch += 1) {
      log.release();
      await turns();
    }
    await Promise.all([running, ...queued, drained]);
    expect(log.batches).to.deep.equal([['a'], ['b'], ['c']]);
  });

  it('refuses in time what waits behind a store that hangs, and does not hand it over later', async () => {
    const log = heldLog();
    const writer = createMessageWriter(log, () => undefined, { limits: { waitMs: 20 } });
    const hanging = writer.write(draft('a'));
    await turns();
    const behind = await Promise.all([writer.write(draft('b')), writer.write(draft('c'))]);
    for (const outcome of behind) {
      expect(!outcome.ok && outcome.error).to.include({ code: 'unavailable', retryAfter: 1 });
    }
    log.release();
    expect((await hanging).ok).to.equal(true);
    await writer.drain();
    expect(log.batches).to.deep.equal([['a']]);
  });
});
