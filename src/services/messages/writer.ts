import { AppError } from '../../domain/errors.js';
import type { DurableEvent } from '../../domain/events.js';
import { NO_FAILPOINTS, type Failpoint, type Failpoints } from '../../ports/failpoints.js';
import type { AppendOutcome, MessageDraft, MessageLog } from '../../ports/message-log.js';
import type { Publish } from '../realtime/publisher.js';

/**
 * Group commit: sends share transactions instead of paying for one each.
 *
 *   1. collect   A send joins the queue and waits. While a batch is being written, the next one gathers; before it goes,
 *                the loop turns a few more times as long as sends keep coming in. There is no timer.
 *   2. store     One `append` at a time takes everything gathered, up to a bound, in the order of arrival.
 *   3. acknowledge  Each send gets its own outcome. Only now: an answer is never given before the commit.
 *   4. publish   The events of the whole batch in one call, so that each socket gets them in one write.
 *
 * Kept here: acknowledged means committed; one caller's sends keep their order; the queue is bounded, what does not fit
 * is refused before anything happened.
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
  /** Most characters waiting, in UTF-16 units. */
  readonly queuedChars: number;
}

export const WRITER_LIMITS: WriterLimits = { batch: 256, queuedItems: 10_000, queuedChars: 32 * 1024 * 1024 };

/** More turns add latency to a lone send and gather little: a prototype measured no gain above four. */
const GATHER_TURNS = 4;

interface Waiting {
  readonly draft: MessageDraft;
  readonly resolve: (outcome: AppendOutcome) => void;
}

export function createMessageWriter(
  log: Pick<MessageLog, 'append'>,
  publish: Publish,
  options: { readonly limits?: WriterLimits; readonly failpoints?: Failpoints } = {},
): MessageWriter {
  const { limits = WRITER_LIMITS, failpoints = NO_FAILPOINTS } = options;
  let queue: Waiting[] = [];
  let queuedChars = 0;
  let running: Promise<void> | null = null;

  function write(draft: MessageDraft): Promise<AppendOutcome> {
    if (queue.length >= limits.queuedItems || queuedChars + draft.content.length > limits.queuedChars) {
      return Promise.reject(new AppError('overloaded', { retryAfter: 1 }));
    }
    queuedChars += draft.content.length;
    return new Promise((resolve) => {
      queue.push({ draft, resolve });
      running ??= run();
    });
  }

  async function run(): Promise<void> {
    while (queue.length > 0) {
      await gather();
      await commit(take());
    }
    running = null;
  }

  /**
   * Lets the loop read what has arrived meanwhile. The embedded store answers within one turn, so without this each
   * frame of a socket would be a batch of its own: measured 258 acks/s, 2,438 with it (64 in flight).
   */
  async function gather(): Promise<void> {
    for (let turn = 0; turn < GATHER_TURNS; turn += 1) {
      const before = queue.length;
      await new Promise((resolve) => setImmediate(resolve));
      if (queue.length === before || queue.length >= limits.batch) return;
    }
  }

  function take(): readonly Waiting[] {
    const batch = queue.slice(0, limits.batch);
    queue = queue.slice(limits.batch);
    for (const { draft } of batch) queuedChars -= draft.content.length;
    return batch;
  }

  async function commit(batch: readonly Waiting[]): Promise<void> {
    const outcomes = await store(batch);
    const events = outcomes.flatMap((outcome) => (outcome.ok ? (outcome.event ?? []) : []));
    const unanswered = await failureAt('writer.before_ack');
    batch.forEach((waiting, index) => {
      const outcome = outcomes[index] ?? failed(new AppError('internal'));
      // What is stored was not said: nothing definite may be claimed about it.
      waiting.resolve(outcome.ok && unanswered ? failed(new AppError('indeterminate')) : outcome);
    });
    // A turn of the loop later the acknowledgements are on their way; the events follow them.
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

  async function store(batch: readonly Waiting[]): Promise<readonly AppendOutcome[]> {
    try {
      return await log.append(batch.map((waiting) => waiting.draft));
    } catch (error) {
      const refusal = error instanceof AppError ? error : new AppError('internal', { cause: error });
      return batch.map(() => failed(refusal));
    }
  }

  return {
    write,
    async drain() {
      while (running !== null) await running;
    },
  };
}

function failed(error: AppError): AppendOutcome {
  return { ok: false, error };
}
