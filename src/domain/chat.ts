import type { ChatType } from '../protocol/resources.js';
import type { User } from './user.js';

export type { ChatType };

export interface Chat {
  readonly id: number;
  /** null where none was given; direct chats have none. */
  readonly name: string | null;
  readonly type: ChatType;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** false: everyone has left; nothing can happen in it again. */
  readonly isActive: boolean;
  /** Position of the newest message, 0 before the first. */
  readonly lastSeq: number;
  /** Counter of durable changes; every one takes the next. */
  readonly rev: number;
}

/** A user in a chat. `leftAt` null = active. */
export interface Participant {
  readonly chatId: number;
  readonly userId: number;
  readonly username: string;
  readonly fullName: string | null;
  readonly joinedAt: Date;
  readonly isAdmin: boolean;
  readonly leftAt: Date | null;
  readonly lastReadSeq: number;
  /** The chat stays out of this user's list while last_seq <= hiddenSeq; null = not hidden. Direct chats only. */
  readonly hiddenSeq: number | null;
  readonly rev: number;
}

/** A chat with its active participants, both read in one snapshot. */
export interface ChatView {
  readonly chat: Chat;
  readonly participants: readonly Participant[];
  /** The same participants as users, in the same order (joined first). */
  readonly users: readonly User[];
}

/** One line of a user's chat list. */
export interface ChatListEntry {
  readonly chat: Chat;
  readonly participantCount: number;
  /** Newest visible message; `content` null where its body cannot be read. null = no visible message. */
  readonly lastMessage: { readonly content: string | null; readonly timestamp: Date } | null;
  /** Already capped at LIMITS.unreadMax. */
  readonly unreadCount: number;
}
