import type {
  CaughtUpFrame,
  ChatListFrame,
  HeartbeatFrame,
  InboxReadyFrame,
  PongFrame,
  ReadyFrame,
  ResyncRequiredFrame,
} from '../protocol/events.js';
import { presentReads } from './changes.js';

/** What a client called the command that a frame ends; absent where it gave no name. */
type CommandId = string | number | undefined;

export function presentReady(
  ready: {
    readonly chatId: number;
    readonly rev: number;
    readonly epoch: string;
    readonly lastSeq: number;
    readonly unreadCount: number;
    readonly reads: readonly { readonly userId: number; readonly lastReadSeq: number }[];
  },
  id: CommandId,
  at: Date,
): ReadyFrame {
  return {
    type: 'ready',
    ...named(id),
    chat_id: ready.chatId,
    rev: ready.rev,
    epoch: ready.epoch,
    last_seq: ready.lastSeq,
    unread_count: ready.unreadCount,
    reads: presentReads(ready.reads),
    timestamp: at.toISOString(),
  };
}

export function presentCaughtUp(chatId: number, rev: number, at: Date): CaughtUpFrame {
  return { type: 'caught_up', chat_id: chatId, rev, timestamp: at.toISOString() };
}

export function presentResync(
  resync: {
    readonly chatId: number;
    readonly rev: number;
    readonly epoch: string;
    readonly reason: ResyncRequiredFrame['reason'];
  },
  id: CommandId,
  at: Date,
): ResyncRequiredFrame {
  const { chatId: chat_id, rev, epoch, reason } = resync;
  return { type: 'resync_required', ...named(id), chat_id, rev, epoch, reason, timestamp: at.toISOString() };
}

export function presentInboxReady(
  inbox: {
    readonly epoch: string;
    readonly revs: Iterable<readonly [chatId: number, rev: number]>;
    readonly reads: Iterable<readonly [chatId: number, lastReadSeq: number]>;
    readonly hasMoreChats: boolean;
  },
  id: CommandId,
  at: Date,
): InboxReadyFrame {
  return {
    type: 'inbox_ready',
    ...named(id),
    epoch: inbox.epoch,
    revs: Object.fromEntries(inbox.revs),
    reads: Object.fromEntries(inbox.reads),
    has_more_chats: inbox.hasMoreChats,
    timestamp: at.toISOString(),
  };
}

export function presentChatList(type: ChatListFrame['type'], chatId: number, rev: number, at: Date): ChatListFrame {
  return { type, chat_id: chatId, rev, timestamp: at.toISOString() };
}

export function presentHeartbeat(
  revs: Iterable<readonly [chatId: number, rev: number]>,
  epoch: string,
  at: Date,
): HeartbeatFrame {
  return { type: 'heartbeat', revs: Object.fromEntries(revs), epoch, timestamp: at.toISOString() };
}

/** `rev` undefined: asked of no chat in particular. */
export function presentPong(rev: number | undefined, at: Date): PongFrame {
  return { type: 'pong', timestamp: at.toISOString(), ...(rev === undefined ? {} : { rev }) };
}

function named(id: CommandId): { id?: string | number } {
  return id === undefined ? {} : { id };
}
