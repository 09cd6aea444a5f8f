import { AppError } from '../../domain/errors.js';
import type { AppendOutcome } from '../../ports/message-log.js';
import { WaitingQueue, type Waiting } from './waiting.js';

export interface SecondLaneDeps {
  readonly limits: {
    /** Most drafts in one transaction. */
    readonly batch: number;
    /** Most drafts that wait here for one chat, so that a stuck one does not take the room of all. */
    readonly queuedOfBusyChat: number;
  };
  /** Without waiting: all of the batch, which is of one chat, is `busy` where somebody still holds that. */
  readonly offer: (batch: readonly Waiting[]) => Promise<readonly (AppendOutcome | 'busy')[]>;
  /** Waits for the chat's lock. */
  readonly store: (batch: readonly Waiting[]) => Promise<readonly AppendOutcome[]>;
  /** Answers and publishes. */
  readonly conclude: (batch: readonly Waiting[], outcomes: readonly AppendOutcome[]) => Promise<void>;
}

/**
 * Where the sends of chats go that somebody else is holding: one chat at a time, so that a stuck chat costs the others
 * nothing. Most were busy only for a moment, so a chat is offered first; its lock is waited for, which takes up to six
 * seconds, only when it is the only one here or has been busy again. A chat that is here takes all of its later sends along until nothing of it is left, so
 * that they keep their order (I7).
 */
export class SecondLane {
  /** By chat, whose turn is next first. A chat stays listed while its batch is being written. */
  readonly #chats = new Map<number, WaitingQueue>();
  readonly #deps: SecondLaneDeps;
  /** Those that were offered in vain since their last turn. */
  readonly #busyAgain = new Set<number>();
  #running: Promise<void> | null = null;

  constructor(deps: SecondLaneDeps) {
    this.#deps = deps;
  }

  /** Whether the sends of this chat have to come here. */
  holds(chatId: number): boolean {
    return this.#chats.has(chatId);
  }

  /** In the order of arrival. */
  add(waiting: Waiting): void {
    const { chatId } = waiting.draft;
    const queue = this.#chats.get(chatId) ?? new WaitingQueue();
    if (queue.length >= this.#deps.limits.queuedOfBusyChat) {
      waiting.resolve({ ok: false, error: new AppError('overloaded', { retryAfter: 1 }) });
      return;
    }
    queue.push(waiting);
    this.#chats.set(chatId, queue);
    this.#running ??= this.#run();
  }

  get length(): number {
    return this.#sum((queue) => queue.length);
  }

  get bytes(): number {
    return this.#sum((queue) => queue.bytes);
  }

  /** As WaitingQueue.refuseOlder, for what is not being written. */
  refuseOlder(than: number): void {
    for (const queue of this.#chats.values()) queue.refuseOlder(than);
  }

  /** Resolves when nothing is left. */
  async idle(): Promise<void> {
    while (this.#running !== null) await this.#running;
  }

  async #run(): Promise<void> {
    // What the first lane has just found busy arrives here together.
    await Promise.resolve();
    for (let [next] = this.#chats; next !== undefined; [next] = this.#chats) await this.#serve(...next);
    this.#running = null;
  }

  /** The turn of one chat; what is left of it stands last in line afterwards. */
  async #serve(chatId: number, queue: WaitingQueue): Promise<void> {
    const { limits, offer, store, conclude } = this.#deps;
    const batch = queue.take(limits.batch);
    const waits = this.#chats.size === 1 || this.#busyAgain.has(chatId);
    const outcomes = batch.length === 0 ? [] : await (waits ? store(batch) : offer(batch));
    const settled = outcomes.filter((outcome) => outcome !== 'busy');
    const isBusy = settled.length < outcomes.length;
    if (isBusy) this.#busyAgain.add(chatId);
    else this.#busyAgain.delete(chatId);
    if (isBusy) queue.putBack(batch.filter((_, index) => outcomes[index] === 'busy'));
    this.#chats.delete(chatId);
    if (queue.length > 0) this.#chats.set(chatId, queue);
    await conclude(
      batch.filter((_, index) => outcomes[index] !== 'busy'),
      settled,
    );
  }

  #sum(of: (queue: WaitingQueue) => number): number {
    let sum = 0;
    for (const queue of this.#chats.values()) sum += of(queue);
    return sum;
  }
}
