import { AppError } from '../../../domain/errors.js';
import { APPENDS_AT_ONCE, type AppendOutcome } from '../../../ports/message-log.js';
import { WaitingQueue, type WaitingSend } from './waiting.js';

export interface SecondLaneDeps {
  readonly limits: {
    /** Most drafts in one transaction. */
    readonly batch: number;
    /** Most drafts that wait here for one chat, so that a stuck one does not take the room of all. */
    readonly queuedOfBusyChat: number;
  };
  /** Without waiting: all of the batch, which is of one chat, is `busy` where somebody still holds that. */
  readonly offer: (batch: readonly WaitingSend[]) => Promise<readonly (AppendOutcome | 'busy')[]>;
  /** Waits for the chat's lock. */
  readonly store: (batch: readonly WaitingSend[]) => Promise<readonly AppendOutcome[]>;
  /** Answers and publishes. */
  readonly conclude: (batch: readonly WaitingSend[], outcomes: readonly AppendOutcome[]) => Promise<void>;
}

/** Each takes a connection, so they are few; one place is never waited in, so that a chat is always tried soon. */
const PLACES = APPENDS_AT_ONCE.secondLane;
const WAITED_IN = PLACES - 1;
/**
 * Where more chats are stuck than may be waited for, the rest of them are tried this often: one that is let go of is
 * served that soon, and a try costs a round trip or two (1 ms).
 */
const AGAIN_MS = 100;

interface Chat {
  readonly queue: WaitingQueue;
  /** A batch of it is being written. */
  isServed: boolean;
  /** By performance.now(), when it was last offered in vain since its last turn. */
  foundBusyAt: number | null;
}

/**
 * Where the sends of chats go that somebody else is holding, so that a stuck chat costs the others nothing. Some chats are
 * served at once, each by itself: one batch of a chat at a time. Most were busy only for a moment, so a chat is offered
 * first; its lock is waited for, which takes up to six seconds, only when it is the only one here or has been busy again.
 * A chat that is here takes all of its later sends along until nothing of it is left, so that they keep their order (I7).
 */
export class SecondLane {
  /** Whose turn is next first. */
  readonly #chats = new Map<number, Chat>();
  readonly #deps: SecondLaneDeps;
  #served = 0;
  #waitedFor = 0;
  #isStarting = false;
  #timer: NodeJS.Timeout | null = null;
  #onEmpty: (() => void)[] = [];

  constructor(deps: SecondLaneDeps) {
    this.#deps = deps;
  }

  /** Whether the sends of this chat have to come here. */
  holds(chatId: number): boolean {
    return this.#chats.has(chatId);
  }

  /** In the order of arrival. */
  add(waiting: WaitingSend): void {
    const { chatId } = waiting.draft;
    const chat = this.#chats.get(chatId) ?? { queue: new WaitingQueue(), isServed: false, foundBusyAt: null };
    if (chat.queue.length >= this.#deps.limits.queuedOfBusyChat) {
      waiting.resolve({ ok: false, error: new AppError('overloaded', { retryAfter: 1 }) });
      return;
    }
    chat.queue.push(waiting);
    this.#chats.set(chatId, chat);
    if (this.#isStarting) return;
    // What the first lane has just found busy arrives here together.
    this.#isStarting = true;
    queueMicrotask(() => {
      this.#isStarting = false;
      this.#fillPlaces();
    });
  }

  /** Nothing waits here and nothing of it is being written. */
  get isEmpty(): boolean {
    return this.#chats.size === 0;
  }

  get length(): number {
    return this.#sum((queue) => queue.length);
  }

  get bytes(): number {
    return this.#sum((queue) => queue.bytes);
  }

  /** As WaitingQueue.refuseOlder, for what is not being written. */
  refuseOlder(than: number): void {
    for (const { queue } of this.#chats.values()) queue.refuseOlder(than);
  }

  /** Resolves when nothing is left. */
  async idle(): Promise<void> {
    while (this.#chats.size > 0) await new Promise<void>((resolve) => this.#onEmpty.push(resolve));
  }

  #fillPlaces(): void {
    for (const [chatId, chat] of this.#chats) {
      if (this.#served === PLACES) break;
      if (chat.isServed) continue;
      if (chat.queue.length === 0) {
        this.#chats.delete(chatId);
        continue;
      }
      const mayWait = this.#waitedFor < WAITED_IN;
      const isTooSoon = chat.foundBusyAt !== null && performance.now() - chat.foundBusyAt < AGAIN_MS;
      if (isTooSoon && !mayWait) this.#timer ??= setTimeout(() => this.#tryAgain(), AGAIN_MS);
      else void this.#serve(chatId, chat, mayWait && (this.#chats.size === 1 || chat.foundBusyAt !== null));
    }
    if (this.#chats.size === 0) this.#empty();
  }

  #tryAgain(): void {
    this.#timer = null;
    this.#fillPlaces();
  }

  #empty(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    for (const resolve of this.#onEmpty.splice(0)) resolve();
  }

  /** The turn of one chat; what is left of it stands last in line afterwards. */
  async #serve(chatId: number, chat: Chat, waits: boolean): Promise<void> {
    const { limits, offer, store, conclude } = this.#deps;
    const { queue } = chat;
    const batch = queue.take(limits.batch);
    chat.isServed = true;
    this.#served += 1;
    this.#waitedFor += waits ? 1 : 0;
    const outcomes = await (waits ? store(batch) : offer(batch));
    this.#served -= 1;
    this.#waitedFor -= waits ? 1 : 0;
    const settled = outcomes.filter((outcome) => outcome !== 'busy');
    const isBusy = settled.length < outcomes.length;
    chat.foundBusyAt = isBusy ? performance.now() : null;
    if (isBusy) queue.putBack(batch.filter((_, index) => outcomes[index] === 'busy'));
    await conclude(
      batch.filter((_, index) => outcomes[index] !== 'busy'),
      settled,
    );
    chat.isServed = false;
    this.#chats.delete(chatId);
    if (queue.length > 0) this.#chats.set(chatId, chat);
    this.#fillPlaces();
  }

  #sum(of: (queue: WaitingQueue) => number): number {
    let sum = 0;
    for (const { queue } of this.#chats.values()) sum += of(queue);
    return sum;
  }
}
