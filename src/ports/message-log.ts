import type { AppError } from '../domain/errors.js';
import type { DurableEvent } from '../domain/events.js';
import type { Message } from '../domain/message.js';
import type { Change } from './chat-store.js';
import type { ReadShare } from './read-share.js';

export interface MessageDraft {
  readonly chatId: number;
  readonly senderId: number;
  readonly senderUsername: string;
  readonly content: string;
  readonly messageType: 'text';
  /** null: no deduplication for this one. */
  readonly clientMessageId: string | null;
}

/** One draft's outcome. `event` is null for a duplicate: the first send published it. */
export type AppendOutcome =
  | { readonly ok: true; readonly message: Message; readonly duplicate: boolean; readonly event: DurableEvent | null }
  | { readonly ok: false; readonly error: AppError };

/** Calls of `append` and `appendUnlessBusy` at a time by the lanes of the writer: so many connections are theirs. */
export const APPENDS_AT_ONCE = { firstLane: 1, secondLane: 4 } as const;

/** Which part of a chat's history: the newest, strictly before or after a seq, or around one (included, centred). */
export type HistoryWindow = {
  readonly limit: number;
} & (
  | { readonly kind: 'newest' }
  | { readonly kind: 'before'; readonly seq: number }
  | { readonly kind: 'after'; readonly seq: number }
  | { readonly kind: 'around'; readonly seq: number }
);

/**
 * The messages of all chats: metadata rows in SQL joined with bodies.
 *
 * Delivery guarantee: a draft answered `ok` is on disk, body and row, and stays through any crash. A draft answered
 * with an error was not stored, except `indeterminate`: its outcome is unknown, and a retry with the same
 * client_message_id finds out.
 * Order: seq of a chat is 1..n without gap or repeat; order of commit = order of seq = order of rev. Drafts of one
 * call in one chat get seqs in the order of the list.
 * Atomicity: a bad draft fails alone; the others are stored. Bodies are journaled before the commit.
 * Deduplication: (chat, sender, clientMessageId) is unique for ever, on every store, also within one call. A repeat
 * with equal content is answered with the first message as it stands now, other content is `client_message_id_reused`,
 * and both before any refusal: a retry by someone removed since still gets its first answer.
 * A repeat whose first message cannot be read right now is `unavailable` and may be asked again; it stays stored.
 * Who calls: services/messages; `append` and `appendUnlessBusy` only the group-commit writer, as many calls at a time
 * as APPENDS_AT_ONCE says, and never drafts of one chat in two of them.
 * Reads see deleted messages nowhere; a body that cannot be read gives `contentStatus: 'unavailable'` and the page
 * goes on. At most three SQL statements, whatever the depth of a window. How many bytes the contents have is known, and
 * paid from the reader's share, before any of them is read; then they are read in slices of a quarter of a MiB.
 */
export interface MessageLog {
  /**
   * Outcomes in the order of the drafts. Rejects only if nothing of the batch was stored. Waits for chats that somebody
   * else is changing, within the deadline of a transaction; all of the call waits with them.
   */
  append(drafts: readonly MessageDraft[]): Promise<readonly AppendOutcome[]>;
  /**
   * As `append`, but waits for no chat that somebody else is changing: its drafts are `busy`, nothing has happened to
   * them, and the same objects are to be handed in again, in their order and before any later draft of that chat.
   */
  appendUnlessBusy(drafts: readonly MessageDraft[]): Promise<readonly (AppendOutcome | 'busy')[]>;
  /** Sender only. Content equal to the present one: no new version, no event. */
  edit(edit: {
    readonly messageId: number;
    readonly actorId: number;
    readonly content: string;
    readonly expectedVersion?: number;
  }): Promise<Change<Message>>;
  /** Sender or group admin. Gone for every reader when this resolves; its bodies are filed for erasing. */
  remove(messageId: number, actorId: number): Promise<Change<null>>;
  /** Throws `message_not_found` also when the reader is not in its chat. */
  find(messageId: number, readerId: number): Promise<Message>;
  /** By number, newest first and whole; `total` counts visible messages without scanning. Throws `chat_not_found`. */
  page(
    chatId: number,
    readerId: number,
    page: { readonly offset: number; readonly limit: number },
    share?: ReadShare,
  ): Promise<{ readonly items: readonly Message[]; readonly total: number }>;
  /**
   * By cursor, newest first, at a cost that does not depend on depth. Ends before `limit` where the contents come to more
   * than LIMITS.answerBytes: what is nearest to the cursor stays, at least one message. Throws `chat_not_found`.
   */
  window(
    chatId: number,
    readerId: number,
    window: HistoryWindow,
    share?: ReadShare,
  ): Promise<{ readonly items: readonly Message[]; readonly hasMoreBefore: boolean; readonly hasMoreAfter: boolean }>;
}
