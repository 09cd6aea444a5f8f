import type { ChatListEntry, ChatView, Participant } from '../domain/chat.js';
import type { DurableEvent } from '../domain/events.js';
import type { ReadShare } from './read-share.js';

/** What a durable change produced: the events to publish, in order of rev; empty when nothing changed. */
export interface Change<T> {
  readonly result: T;
  readonly events: readonly DurableEvent[];
}

/**
 * Chats and who is in them.
 *
 * Order: every durable change takes the chat's next `rev` under the chat's lock; order of commit = order of rev.
 * Atomicity: each call is one transaction in which membership and policy are checked under that lock, so a refusal is
 * true at the moment of the commit. Events are for publishing after the call has resolved, never before.
 * Reads that join a rev with rows are one snapshot.
 * Errors: those of domain/policies (a chat the caller is not in: `chat_not_found`), `unavailable` (retryable, nothing
 * happened), `indeterminate` (the commit's outcome is unknown).
 */
export interface ChatStore {
  /** The creator is admin. `memberIds` excludes the creator and repeats. Throws `unknown_participants`. */
  createGroup(draft: {
    readonly name: string | null;
    readonly creatorId: number;
    readonly memberIds: readonly number[];
  }): Promise<ChatView>;
  /**
   * One chat per pair for ever, also when both ask at once; unhides it for `userId`. `unhidden`: it was missing from
   * their list until now. Throws `unknown_participants`.
   */
  openDirect(
    userId: number,
    otherId: number,
  ): Promise<{ readonly view: ChatView; readonly created: boolean; readonly unhidden: boolean }>;
  /** The chat and its active participants as `userId` may see it. Throws `chat_not_found`. */
  view(chatId: number, userId: number): Promise<ChatView>;
  /**
   * The user's chats, most recently active first; at most four SQL statements and one body read, or one for each slice
   * of long newest messages. Without `share` nothing is waited for.
   */
  list(
    userId: number,
    page: { readonly offset: number; readonly limit: number },
    share?: ReadShare,
  ): Promise<{ readonly items: readonly ChatListEntry[]; readonly total: number }>;
  /** Where the chat stands, for who is in it; null for everybody else. One moment, read after the call. */
  membership(chatId: number, userId: number): Promise<{ readonly rev: number; readonly lastSeq: number } | null>;
  rename(chatId: number, actorId: number, name: string): Promise<Change<ChatView>>;
  /** All or nothing; who is in already stays as they are. `result`: the ids really added. */
  addParticipants(chatId: number, actorId: number, userIds: readonly number[]): Promise<Change<readonly number[]>>;
  /**
   * Removes `userId`; by themself it is leaving. When the last admin goes, the longest-standing participant (joined_at,
   * user_id) becomes admin in the same transaction with a rev of its own; when the last participant goes, the chat ends.
   * Leaving a direct chat only hides it (`hidden_seq = last_seq`): no rev, no event, also when repeated.
   */
  removeParticipant(chatId: number, actorId: number, userId: number, mode: 'remove' | 'leave'): Promise<Change<null>>;
  setAdmin(chatId: number, actorId: number, userId: number, isAdmin: boolean): Promise<Change<Participant>>;
  /**
   * Moves the caller's watermark forward to `seq` (at most last_seq), never back; takes no rev. `moved` is null where it
   * was there already, else it says how many participants the chat has, who may want to know.
   */
  markRead(
    chatId: number,
    userId: number,
    seq: number,
  ): Promise<{
    readonly lastReadSeq: number;
    readonly unreadCount: number;
    readonly moved: { readonly participants: number } | null;
  }>;
}
