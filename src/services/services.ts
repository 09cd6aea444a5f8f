import type { ChatListEntry, ChatView, Participant } from '../domain/chat.js';
import type { Message } from '../domain/message.js';
import type { SystemStats } from '../domain/stats.js';
import type { Identity, User } from '../domain/user.js';
import type { ChatType } from '../protocol/resources.js';
import type { ChatRev, Delta, DeltaPage, ReaderState, ResyncReason } from '../ports/change-log.js';
import type { HistoryWindow } from '../ports/message-log.js';
import type { ReadShare } from '../ports/read-share.js';
import type { ReadShares } from './reading/read-shares.js';
import type { SocketStats } from '../ports/presence.js';
import type { StoreState } from '../ports/health.js';

/** Where a request comes from, after TRUSTED_PROXIES was applied; throttles count by it. */
export interface Origin {
  readonly address: string;
}

export interface AccessToken {
  readonly token: string;
  /** Seconds. */
  readonly expiresIn: number;
}

/** The page asked for, already validated: page >= 1, 1 <= limit <= 100. */
export interface PageQuery {
  readonly page: number;
  readonly limit: number;
}

export interface PageOf<T> extends PageQuery {
  readonly items: readonly T[];
  readonly total: number;
}

export interface SentMessage {
  readonly message: Message;
  /** True: the client_message_id was stored before, and `message` is that first one as it stands now. */
  readonly duplicate: boolean;
}

export interface MessageWindow {
  readonly items: readonly Message[];
  readonly hasMoreBefore: boolean;
  readonly hasMoreAfter: boolean;
}

/** What changed in one chat, or why that cannot be told. */
export type ChangesOfChat =
  | { readonly kind: 'page'; readonly page: DeltaPage }
  | { readonly kind: 'resync'; readonly reason: ResyncReason; readonly rev: number };

export interface ChangesOfChats {
  readonly epoch: string;
  /** In ascending order of id. */
  readonly chats: ReadonlyMap<number, ChangesOfChat>;
  /** Chats asked for that the user is not in. */
  readonly gone: readonly number[];
  /** Chats of the user that were not asked for, ascending. */
  readonly newChats: readonly ChatRev[];
  readonly hasMoreChats: boolean;
}

/** Where a chat stands. */
export interface ChatPosition {
  readonly rev: number;
  readonly lastSeq: number;
}

/** What a client says it has seen. */
export interface ResumeFrom {
  readonly rev: number;
  /** Of the data set that `rev` is from; null: the client does not say. */
  readonly epoch: string | null;
}

/** What a socket is sent to read on, or where the chat stands and why it cannot. */
export type ReadOn =
  | { readonly kind: 'delta'; readonly delta: Delta; readonly state: ReaderState }
  | ({ readonly kind: 'resync'; readonly reason: ResyncReason } & ChatPosition);

/** A user's first live socket on a chat came, or their last one went. */
export interface PresenceChange {
  readonly chatId: number;
  readonly userId: number;
  readonly username: string;
  readonly state: 'joined' | 'left';
}

/**
 * Everything a transport may ask of Parley. Arguments are validated shapes (http/schemas, ws/commands); who asks comes
 * first. All throw AppError with a code of the registry and nothing else on purpose.
 */
export interface Services {
  readonly users: {
    /** `validation_failed`, `username_taken`, `email_taken`, `rate_limited`, `overloaded`. */
    register(
      input: { username: string; email: string; fullName: string | null; password: string },
      origin: Origin,
    ): Promise<{ user: User; access: AccessToken }>;
    /** `wrong_credentials` for every failure, in the same time; `rate_limited`, `overloaded`. */
    login(input: { username: string; password: string }, origin: Origin): Promise<AccessToken>;
    /** Token to identity of an active user, else `not_authenticated`. Notes that the user was seen. */
    authenticate(token: string): Promise<Identity>;
    me(actor: Identity): Promise<User>;
    updateMe(actor: Identity, change: { email?: string; fullName?: string | null }): Promise<User>;
    search(actor: Identity, query: string, limit: number): Promise<readonly User[]>;
    get(actor: Identity, userId: number): Promise<User>;
  };
  readonly chats: {
    create(
      actor: Identity,
      input: { type: ChatType; name: string | null; participantIds: readonly number[] },
    ): Promise<{ view: ChatView; created: boolean }>;
    list(actor: Identity, query: PageQuery, share?: ReadShare): Promise<PageOf<ChatListEntry>>;
    get(actor: Identity, chatId: number): Promise<ChatView>;
    rename(actor: Identity, chatId: number, name: string): Promise<ChatView>;
    markRead(actor: Identity, chatId: number, seq: number): Promise<{ lastReadSeq: number; unreadCount: number }>;
    /** Users with a live socket on the chat, by id; members only. */
    online(actor: Identity, chatId: number): Promise<readonly User[]>;
  };
  readonly participants: {
    list(actor: Identity, chatId: number): Promise<readonly Participant[]>;
    add(actor: Identity, chatId: number, userIds: readonly number[]): Promise<{ added: readonly number[] }>;
    remove(actor: Identity, chatId: number, userId: number): Promise<void>;
    leave(actor: Identity, chatId: number): Promise<void>;
    setAdmin(actor: Identity, chatId: number, userId: number, isAdmin: boolean): Promise<Participant>;
  };
  readonly messages: {
    send(
      actor: Identity,
      input: { chatId: number; content: string; messageType: 'text'; clientMessageId: string | null },
    ): Promise<SentMessage>;
    edit(
      actor: Identity,
      input: { messageId: number; content: string; expectedVersion?: number | undefined },
    ): Promise<Message>;
    remove(actor: Identity, messageId: number): Promise<void>;
    get(actor: Identity, messageId: number): Promise<Message>;
    /** Whole, however large: `rate_limited` where too much of the reader's waits already. */
    page(actor: Identity, chatId: number, query: PageQuery, share?: ReadShare): Promise<PageOf<Message>>;
    /** May end before `limit`, see the port; `rate_limited`. */
    window(actor: Identity, chatId: number, window: HistoryWindow, share?: ReadShare): Promise<MessageWindow>;
  };
  readonly realtime: {
    /** Name of the data set that every rev belongs to. */
    readonly epoch: string;
    /**
     * `resync_required` for another epoch or a rev from the future, `chat_not_found`, `rate_limited`. 1 <= limit <= 500; a
     * page may end before it, see the port.
     */
    changes(
      actor: Identity,
      chatId: number,
      since: { readonly sinceRev: number; readonly epoch?: string | undefined; readonly limit: number },
      share?: ReadShare,
    ): Promise<DeltaPage & { readonly epoch: string }>;
    /** Up to 100 chats with the revs they are known at; all items together stay within `limit`, founders apart. */
    changesOf(
      actor: Identity,
      vector: {
        readonly chats: ReadonlyMap<number, number>;
        readonly epoch?: string | undefined;
        /** Chats not asked for are told above this id. */
        readonly afterChatId: number;
        readonly limit: number;
      },
      share?: ReadShare,
    ): Promise<ChangesOfChats>;
    /** What a socket needs to go live: throws `chat_not_found`. */
    join(actor: Identity, chatId: number): Promise<ChatPosition>;
    /** What a reader of `since.rev` has missed, at most `maxItems` objects of it: throws `chat_not_found`. */
    resume(actor: Identity, chatId: number, since: ResumeFrom, maxItems: number): Promise<ReadOn>;
    /** The user's chats by id, the first `limit` of them, each with where it stands. */
    chatsOf(actor: Identity, limit: number): Promise<readonly ChatRev[]>;
    /** The same for who is in many: the most recently active first. */
    recentChatsOf(actor: Identity, limit: number): Promise<readonly ChatRev[]>;
    typing(actor: Identity, chatId: number, state: 'start' | 'stop'): Promise<void>;
    /** Tells the chats who came and who went. */
    presence(changes: readonly PresenceChange[]): Promise<void>;
    stats(): SocketStats;
  };
  /** What large answers cost the others, and who pays. */
  readonly reading: ReadShares;
  readonly system: {
    health(): Promise<{
      healthy: boolean;
      mysql: StoreState;
      mongodb: StoreState;
      warnings: readonly string[];
    }>;
    /** false from the moment a stop began, or while a store is down. */
    ready(): Promise<boolean>;
    /** For those who run the server; `unavailable`. */
    stats(): Promise<SystemStats>;
    info(): { name: string; version: string; passwordMinLength: number };
  };
}
