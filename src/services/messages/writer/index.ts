import { AppError } from '../../../domain/errors.js';
import type { DurableEvent } from '../../../domain/events.js';
import { NO_FAILPOINTS, type Failpoint, type Failpoints } from '../../../ports/failpoints.js';
import type { AppendOutcome, MessageDraft, MessageLog } from '../../../ports/message-log.js';
import type { Publish } from '../../realtime/publisher.js';
import { Gathering } from './gathering.js';
import { SecondLane } from './second-lane.js';
import { WaitingQueue, type WaitingSend } from './waiting.js';

/**
 * Group commit: sends share transactions instead of paying for one each.
 *
 *   1. collect   A send joins the queue and waits. While a batch is being written, the next one gathers; before it goes,
 *                it stays open for a moment for those that are about to come (gathering.ts). There is no timer.
 *   2. store     One batch at a time takes everything gathered, up to a bound, in the order of arrival. Chats that
 *                somebody else holds are left to the second lane, with all of their later sends.
 *   3. acknowledge  Each send gets its own outcome. Only now: an answer is never given before the commit.
 *   4. publish   The events of the whole batch in one call, so that each socket gets them in one write.
 *
 * Kept here: acknowledged means committed (I1), one caller's sends to a chat keep their order (I7), and of what is stored
 * but could not be said nothing definite is claimed (I13). The store keeps the rest: one message per key (I3), dense
 * seqs (I4). The queue is bounded; what does not fit is refused before anything happened.
 */
export interface MessageWriter {
  /** Resolves with the outcome after the commit. Throws `overloaded` when too much is waiting already. */
  write(draft: MessageDraft): Promise<AppendOutcome>;
  /** Resolves when everything taken so far is answered. */
  drain(): Promise<void>;
}

export interface WriterLimits {
  /** Most drafts in one transaction: bounds how long the chats of a batch stay locked. */
  readonly batch: number;
  /** Most drafts waiting; about a second of work, more would only add latency. */
  readonly queuedItems: number;
  /** Most bytes of content waiting, as UTF-8. */
  readonly queuedBytes: number;
  /** Of these, most drafts for one chat that somebody else holds. */
  readonly queuedOfBusyChat: number;
  /** How long a draft waits before the store gets it; then it is refused, because its sender gives up about now. */
  readonly waitMs: number;
}

export const WRITER_LIMITS: WriterLimits = {
  batch: 256,
  queuedItems: 10_000,
  queuedBytes: 32 * 1024 * 1024,
  queuedOfBusyChat: 1_000,
  waitMs: 5_000,
};

export interface WriterOptions {
  readonly limits?: Partial<WriterLimits>;
  readonly failpoints?: Failpoints;
}

export function createMessageWriter(
  log: Pick<MessageLog, 'append' | 'appendUnlessBusy'>,
  publish: Publish,
  options: WriterOptions = {},
): MessageWriter {
  const { failpoints = NO_FAILPOINTS } = options;
  const limits = { ...WRITER_LIMITS, ...options.limits };
  const queue = new WaitingQueue();
  const gathering = new Gathering(queue, limits.batch);
  let running: Promise<void> | null = null;
  let watch: NodeJS.Timeout | null = null;
  const secondLane = new SecondLane({
    limits,
    offer: (batch) => store(batch, (drafts) => log.appendUnlessBusy(drafts)),
    store: (batch) => store(batch, (drafts) => log.append(drafts)),
    conclude,
  });

  function write(draft: MessageDraft): Promise<AppendOutcome> {
    const bytes = Buffer.byteLength(draft.content);
    const isFull =
      queue.length + secondLane.length >= limits.queuedItems ||
      queue.bytes + secondLane.bytes + bytes > limits.queuedBytes;
    if (isFull) return Promise.reject(new AppError('overloaded', { retryAfter: 1 }));
    return new Promise((resolve) => {
      queue.push({ draft, bytes, since: performance.now(), resolve });
      watch ??= setInterval(refuseLate, limits.waitMs / 10).unref();
      running ??= run();
    });
  }

  /** While the store hangs, those behind it hear so in time. */
  function refuseLate(): void {
    const limit = performance.now() - limits.waitMs;
    queue.refuseOlder(limit);
    secondLane.refuseOlder(limit);
    if (queue.length > 0 || !secondLane.isEmpty || watch === null) return;
    clearInterval(watch);
    watch = null;
  }

  async function run(): Promise<void> {
    while (queue.length > 0) {
      await gathering.wait();
      const batch = take();
      const began = performance.now();
      await writeBatch(batch);
      gathering.answered(batch.length, performance.now() - began);
    }
    running = null;
  }

  /** The next batch; what belongs to chats of the second lane goes there on the way. */
  function take(): readonly WaitingSend[] {
    return queue.take(limits.batch).filter((waiting) => {
      if (!secondLane.holds(waiting.draft.chatId)) return true;
      secondLane.add(waiting);
      return false;
    });
  }

  async function writeBatch(batch: readonly WaitingSend[]): Promise<void> {
    if (batch.length === 0) return;
    const outcomes = await store(batch, (drafts) => log.appendUnlessBusy(drafts));
    const answered: WaitingSend[] = [];
    const answers: AppendOutcome[] = [];
    batch.forEach((waiting, index) => {
      const outcome = outcomes[index] ?? failed(new AppError('internal'));
      if (outcome === 'busy') return secondLane.add(waiting);
      answered.push(waiting);
      answers.push(outcome);
    });
    await conclude(answered, answers);
  }

  async function store<T extends AppendOutcome | 'busy'>(
    batch: readonly WaitingSend[],
    append: (drafts: readonly MessageDraft[]) => Promise<readonly T[]>,
  ): Promise<readonly (T | AppendOutcome)[]> {
    try {
      return await append(batch.map((waiting) => waiting.draft));
    } catch (error) {
      const refusal = error instanceof AppError ? error : new AppError('internal', { cause: error });
      return batch.map(() => failed(refusal));
    }
  }

  async function conclude(batch: readonly WaitingSend[], outcomes: readonly AppendOutcome[]): Promise<void> {
    const events = outcomes.flatMap((outcome) => (outcome.ok ? (outcome.event ?? []) : []));
    const isUnsaid = await failureAt('writer.before_ack');
    batch.forEach((waiting, index) => {
      const outcome = outcomes[index] ?? failed(new AppError('internal'));
      waiting.resolve(outcome.ok && isUnsaid ? failed(new AppError('indeterminate')) : outcome);
    });
    // Acknowledgements are encoded first; the events join them in the write that ends the turn (edge/uws/turn.ts).
    if (events.length > 0) setImmediate(() => void announce(events));
  }

  async function announce(events: readonly DurableEvent[]): Promise<void> {
    if (!(await failureAt('writer.after_ack'))) publish(events);
  }

  /** Whether the step behind this place is to count as failed. */
  async function failureAt(name: Failpoint): Promise<boolean> {
    try {
      await failpoints.hit(name);
      return false;
    } catch {
      return true;
    }
  }

  return {
    write,
    async drain() {
      while (running !== null) await running;
      await secondLane.idle();
    },
  };
}

function failed(error: AppError): AppendOutcome {
  return { ok: false, error };
}
