import type { DurableEvent } from '../domain/events.js';
import type { ReadShare } from './read-share.js';

/** Why a reader has to start afresh instead of reading on. */
export type ResyncReason = 'too_large' | 'future_rev' | 'other_epoch';

/** How far a participant has read. */
export interface ReadMark {
  readonly userId: number;
  readonly lastReadSeq: number;
}

/** A chat's state beside its log, as one reader sees it; it takes no rev, so it always comes whole. */
export interface ReaderState {
  readonly lastSeq: number;
  /** Already capped at LIMITS.unreadMax. */
  readonly unreadCount: number;
  /** The reader's own always; everyone's where the chat has at most LIMITS.readMarksMax participants. */
  readonly reads: readonly ReadMark[];
}

/**
 * What changed in a chat after a rev: each changed object once, in its present state, as the event that brings a
 * reader there (a message made since: `new_message`; made before: `message_updated`; deleted, also when made since:
 * `message_deleted`; a participant: added, updated or removed; the chat's own fields: `chat_updated`).
 */
export interface Delta {
  /** The chat's rev at the moment of the read; the items bring a reader of `since` exactly there. */
  readonly rev: number;
  /** Objects in all slices. */
  readonly items: number;
  /** In their order: removals first, then new messages by seq, then the rest by rev. None is empty. */
  readonly slices: readonly DeltaSlice[];
}

/**
 * Reads the next part of a delta: contents of about 256 KiB, or one that is longer, of at most 64 objects. Every object is
 * as it was at the moment of the delta's read, whenever its slice is read: bodies are never changed in place, and those
 * of older versions stay for a day. A message whose body has been erased meanwhile is read anew: one that was deleted is
 * told as deleted in its place, and an edit shows its newer version; the events of those changes, which lie above the
 * delta's rev, repeat it. Rejects with `unavailable`; may be called again.
 */
export type DeltaSlice = () => Promise<readonly DurableEvent[]>;

/** More than this is not worth replaying. */
export interface DeltaBounds {
  readonly items: number;
  /** Of contents and what goes around them, known before any of them is read. */
  readonly bytes: number;
}

export interface DeltaPage {
  /** Highest rev of the page where `hasMore`, else the chat's. */
  readonly rev: number;
  /** In ascending order of rev. */
  readonly events: readonly DurableEvent[];
  readonly hasMore: boolean;
  readonly state: ReaderState;
}

/** One page of a chat, or why there is none. */
export type PageAnswer =
  | { readonly kind: 'page'; readonly page: DeltaPage }
  | { readonly kind: 'resync'; readonly rev: number; readonly reason: ResyncReason };

/** A chat of a user and where it stands; all of one moment. */
export interface ChatRev {
  readonly chatId: number;
  readonly rev: number;
  readonly lastSeq: number;
  /** How far the user has read. */
  readonly lastReadSeq: number;
}

/**
 * Reading on from a rev: from the database, so that it works after any time, on any node and after a restart.
 *
 * Guarantee: every read is one snapshot: the rev and the rows belong to the same moment, so that a delta and the events
 * above its rev join without a gap or a repeat. What a delta costs is known before any body is read.
 * Deleted messages never carry a content. A body that cannot be read gives `contentStatus: 'unavailable'`.
 * Errors: `chat_not_found` for who is not in the chat, at the moment of the read; `unavailable`.
 */
export interface ChangeLog {
  /** Random name of this data set; a rev of another one is worth nothing. */
  readonly epoch: string;
  /** The whole delta for a live socket, or why there is none: more than `most`, or a rev from the future. */
  since(
    chatId: number,
    readerId: number,
    sinceRev: number,
    most: DeltaBounds,
  ): Promise<
    | { readonly kind: 'delta'; readonly delta: Delta; readonly state: ReaderState }
    | { readonly kind: 'resync'; readonly rev: number; readonly reason: ResyncReason; readonly state: ReaderState }
  >;
  /**
   * One page by rev for REST; `future_rev` is answered as a resync, nothing is ever too large. Objects of one rev (a
   * group's founders) stay together, so a page may exceed `limit` by them. 0: the state alone, and whether there is more.
   * Ends before `limit` where the contents come to more than LIMITS.answerBytes, behind one object at least.
   */
  page(chatId: number, readerId: number, sinceRev: number, limit: number, share?: ReadShare): Promise<PageAnswer>;
  /**
   * A page of each of these chats with the rev that it is known at, each of a moment of its own, in this order. `limit`
   * and the bound of bytes are for all together: a chat for which nothing is left of them is answered with its state
   * alone. null: the reader is not in it.
   */
  pages(
    readerId: number,
    chats: readonly (readonly [chatId: number, sinceRev: number])[],
    limit: number,
    share?: ReadShare,
  ): Promise<ReadonlyMap<number, PageAnswer | null>>;
  /**
   * What a hub missed, for every reader at once (no membership is looked at, each connection filters by its own rev).
   * null: more than `most`.
   */
  missed(chatId: number, afterRev: number, most: DeltaBounds): Promise<Delta | null>;
  /** The revs of chats by key, in one statement; unknown ids are absent. */
  revs(chatIds: readonly number[]): Promise<ReadonlyMap<number, number>>;
  /** The chats a user is in, in ascending order of id, strictly after `afterChatId`; of one moment, read after the call. */
  chatsOf(userId: number, afterChatId: number, limit: number): Promise<readonly ChatRev[]>;
  /**
   * The chats a user is in, the most recently active first: by their last message or renaming, or by when the user came,
   * whichever is later. Of one moment, read after the call. Looks at all of the user's chats, so it is for those who are
   * in many.
   */
  recentChatsOf(userId: number, limit: number): Promise<readonly ChatRev[]>;
}
