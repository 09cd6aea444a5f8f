import type { SendingChat, SenderPair } from './statements.js';

/** About 10 MB; more senders than that are not active at once. */
const MOST_SENDERS = 100_000;

interface Known {
  readonly membersRev: number;
  readonly senders: Set<number>;
}

/**
 * Who was found to be an active participant of a chat, with the chat's members_rev at that moment. Every change of who is
 * in a chat takes a new members_rev under the chat's lock, so what is known holds exactly as long as the locked row still
 * shows the same one. Only the presence of a participant is remembered, never an absence: the cache can save a look-up,
 * and neither grant nor refuse what the rows under the lock do not.
 */
export class MembersCache {
  /** Longest unused first. */
  readonly #chats = new Map<number, Known>();
  #senders = 0;
  readonly #most: number;

  constructor(most = MOST_SENDERS) {
    this.#most = most;
  }

  /** Whether anything is known that could turn out to hold. */
  mayKnow([chatId, senderId]: SenderPair): boolean {
    return this.#chats.get(chatId)?.senders.has(senderId) === true;
  }

  /** Whether the sender is an active participant of this chat, which must be locked; false says nothing. */
  holds({ id, membersRev }: Pick<SendingChat, 'id' | 'membersRev'>, senderId: number): boolean {
    const known = this.#chats.get(id);
    if (known?.membersRev !== membersRev || !known.senders.has(senderId)) return false;
    this.#chats.delete(id);
    this.#chats.set(id, known);
    return true;
  }

  /** An active participant, as read while the chat was locked. */
  remember({ id, membersRev }: Pick<SendingChat, 'id' | 'membersRev'>, senderId: number): void {
    const known = this.#chats.get(id);
    if (known?.membersRev === membersRev) {
      if (known.senders.has(senderId)) return;
      known.senders.add(senderId);
    } else {
      this.#forget(id);
      this.#chats.set(id, { membersRev, senders: new Set([senderId]) });
    }
    this.#senders += 1;
    while (this.#senders > this.#most) {
      const [longestUnused] = this.#chats.keys();
      if (longestUnused === undefined) return;
      this.#forget(longestUnused);
    }
  }

  #forget(chatId: number): void {
    this.#senders -= this.#chats.get(chatId)?.senders.size ?? 0;
    this.#chats.delete(chatId);
  }
}
