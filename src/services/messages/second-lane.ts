import { AppError } from '../../domain/errors.js';
import type { AppendOutcome, MessageDraft } from '../../ports/message-log.js';

/** A send that waits for its outcome. */
export interface Waiting {
  readonly draft: MessageDraft;
  readonly bytes: number;
  /** By performance.now(). */
  readonly since: number;
  readonly resolve: (outcome: AppendOutcome) => void;
}

export interface SecondLaneLimits {
  /** Most drafts in one transaction. */
  readonly batch: number;
  /** Most drafts that wait here for one chat, so that a stuck one does not take the room of all. */
  readonly perChat: number;
  /** How long a draft waits here for its turn; a client that hears nothing for longer gives up anyway. */
  readonly waitMs: number;
}

export const SECOND_LANE_LIMITS: SecondLaneLimits = { batch: 256, perChat: 1_000, waitMs: 5_000 };

export interface SecondLaneDeps {
  readonly limits: SecondLaneLimits;
  /** Waits for the chat's lock. */
  readonly store: (batch: readonly Waiting[]) => Promise<readonly AppendOutcome[]>;
  /** Answers and publishes. */
  readonly conclude: (batch: readonly Waiting[], outcomes: readonly AppendOutcome[]) => Promise<void>;
}

/**
 * Where the sends of chats go that somebody else is holding: one chat at a time and waiting for its lock, so that a stuck
 * chat costs the others nothing. A chat that is here takes all of its later sends along until nothing of it is left, so
 * that they keep their order (I7). What waits for too long is refused, and was not stored.
 */
export class SecondLane {
  /** By chat, whose turn is next first. A chat stays listed while its batch is being written. */
  readonly #chats = new Map<number, Waiting[]>();
  readonly #deps: SecondLaneDeps;
  #running: Promise<void> | null = null;
  #items = 0;
  #bytes = 0;

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
    const queue = this.#chats.get(chatId) ?? [];
    if (queue.length >= this.#deps.limits.perChat) {
      waiting.resolve({ ok: false, error: new AppError('overloaded', { retryAfter: 1 }) });
      return;
    }
    queue.push(waiting);
    this.#items += 1;
    this.#bytes += waiting.bytes;
    this.#chats.set(chatId, queue);
    this.#running ??= this.#run();
  }

  /** Resolves when nothing is left. */
  async idle(): Promise<void> {
    while (this.#running !== null) await this.#running;
  }

  get items(): number {
    return this.#items;
  }

  get bytes(): number {
    return this.#bytes;
  }

  async #run(): Promise<void> {
    const { limits, store, conclude } = this.#deps;
    const watch = setInterval(() => this.#refuseLate(), limits.waitMs / 10);
    // What the first lane has just found busy arrives here together.
    await Promise.resolve();
    for (let [next] = this.#chats; next !== undefined; [next] = this.#chats) {
      const [chatId, queue] = next;
      const batch = this.#take(queue, limits.batch);
      const outcomes = batch.length === 0 ? [] : await store(batch);
      this.#chats.delete(chatId);
      if (queue.length > 0) this.#chats.set(chatId, queue);
      await conclude(batch, outcomes);
    }
    clearInterval(watch);
    this.#running = null;
  }

  #refuseLate(): void {
    const limit = performance.now() - this.#deps.limits.waitMs;
    for (const queue of this.#chats.values()) {
      while (queue[0] !== undefined && queue[0].since < limit) {
        for (const { resolve } of this.#take(queue, 1)) {
          resolve({ ok: false, error: new AppError('unavailable', { retryAfter: 1 }) });
        }
      }
    }
  }

  #take(queue: Waiting[], most: number): readonly Waiting[] {
    const taken = queue.splice(0, most);
    this.#items -= taken.length;
    for (const { bytes } of taken) this.#bytes -= bytes;
    return taken;
  }
}
