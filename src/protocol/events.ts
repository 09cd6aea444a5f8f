import type { ErrorCode } from './error-codes.js';
import type { MessageResource, ParticipantResource, ReadMarkResource } from './resources.js';

/** Frames that the server sends. Durable ones carry the chat's `rev`; ephemeral ones do not. */
export interface NewMessageFrame {
  type: 'new_message';
  chat_id: number;
  message: MessageResource;
  rev: number;
  timestamp: string;
}

export interface MessageUpdatedFrame {
  type: 'message_updated';
  chat_id: number;
  message: MessageResource;
  rev: number;
  timestamp: string;
}

export interface MessageDeletedFrame {
  type: 'message_deleted';
  chat_id: number;
  message_id: number;
  seq: number;
  /** null only for deletions from before this was recorded. */
  deleted_by: number | null;
  rev: number;
  timestamp: string;
}

export interface ParticipantFrame {
  type: 'participant_added' | 'participant_updated';
  chat_id: number;
  participant: ParticipantResource;
  /** The user who did it; null only for changes from before this was recorded. */
  by: number | null;
  rev: number;
  timestamp: string;
}

export interface ParticipantRemovedFrame {
  type: 'participant_removed';
  chat_id: number;
  user_id: number;
  by: number | null;
  rev: number;
  timestamp: string;
}

export interface ChatUpdatedFrame {
  type: 'chat_updated';
  chat_id: number;
  chat: { id: number; name: string | null; updated_at: string };
  rev: number;
  timestamp: string;
}

export interface TypingFrame {
  type: 'typing_started' | 'typing_stopped';
  chat_id: number;
  user_id: number;
  username: string;
  timestamp: string;
}

export interface PresenceFrame {
  type: 'user_joined' | 'user_left';
  chat_id: number;
  user_id: number;
  username: string;
  timestamp: string;
}

/** Sent to the sending socket only, after the commit. `id` repeats the command's; both may be absent. */
export interface AckFrame {
  type: 'ack';
  id?: string | number;
  client_message_id: string | null;
  message_id: number;
  seq: number;
  rev: number;
  duplicate: boolean;
}

/** The reply to `read`. */
export interface ReadAckFrame {
  type: 'ack';
  id?: string | number;
  chat_id: number;
  last_read_seq: number;
  unread_count: number;
}

/** How far a participant has read: state without a rev; at most one a second for each participant. */
export interface ReadFrame {
  type: 'read';
  chat_id: number;
  user_id: number;
  last_read_seq: number;
  timestamp: string;
}

/** The end of a resume: everything up to `rev` has been sent on this socket, and what follows is live. */
export interface ReadyFrame {
  type: 'ready';
  /** Of the `resume` command, where that was asked with one. */
  id?: string | number;
  chat_id: number;
  rev: number;
  epoch: string;
  last_seq: number;
  unread_count: number;
  /** One's own always, everyone's in small chats. */
  reads: ReadMarkResource[];
  timestamp: string;
}

/**
 * The events before this one were read from the store because they had been lost on their way; like those of a resume
 * they are not in order of `rev`, and with this frame everything up to `rev` has been sent.
 */
export interface CaughtUpFrame {
  type: 'caught_up';
  chat_id: number;
  rev: number;
  timestamp: string;
}

/** Nothing was replayed: read the chat afresh. The socket is live from `rev` on. */
export interface ResyncRequiredFrame {
  type: 'resync_required';
  id?: string | number;
  chat_id: number;
  rev: number;
  epoch: string;
  reason: 'too_large' | 'future_rev' | 'other_epoch';
  timestamp: string;
}

/** Sent by itself every while; a client whose rev of the chat is lower has missed something and resumes. */
export interface HeartbeatFrame {
  type: 'heartbeat';
  /** By chat id; on a socket of one chat, that chat alone. */
  revs: Record<string, number>;
  epoch: string;
  timestamp: string;
}

/**
 * Inbox sockets only: a chat came up in the user's list, or went from it; or one whose events this socket is not sent has
 * come to this rev, of which the newest of each chat is never dropped.
 */
export interface ChatListFrame {
  type: 'chat_added' | 'chat_removed' | 'chat_changed';
  chat_id: number;
  rev: number;
  timestamp: string;
}

/** Inbox sockets only: all chats are live; and the end of a `resume` with `chats`. */
export interface InboxReadyFrame {
  type: 'inbox_ready';
  id?: string | number;
  epoch: string;
  /** The chats of this socket with the revs up to which everything was sent. */
  revs: Record<string, number>;
  /** How far the user has read, by chat. */
  reads: Record<string, number>;
  /** True: the user has more chats than one socket follows; the rest is for REST. */
  has_more_chats: boolean;
  timestamp: string;
}

/** A client that holds less than `rev` of the chat has missed something and resumes. */
export interface PongFrame {
  type: 'pong';
  id?: string | number;
  timestamp: string;
  /** Up to where this socket has the chat's events; absent on an inbox socket that named no chat. */
  rev?: number;
}

export interface ErrorFrame {
  type: 'error';
  message: string;
  code: ErrorCode;
  /** Whole seconds after which the same command may be let in; where that is known. */
  retry_after?: number;
  id?: string | number;
  timestamp: string;
}

export type DurableFrame =
  | NewMessageFrame
  | MessageUpdatedFrame
  | MessageDeletedFrame
  | ParticipantFrame
  | ParticipantRemovedFrame
  | ChatUpdatedFrame;

export type EphemeralFrame = TypingFrame | PresenceFrame | ReadFrame;

export type ReplayFrame = ReadyFrame | CaughtUpFrame | ResyncRequiredFrame | InboxReadyFrame;

export type ServerFrame =
  | DurableFrame
  | EphemeralFrame
  | ReplayFrame
  | HeartbeatFrame
  | ChatListFrame
  | AckFrame
  | ReadAckFrame
  | PongFrame
  | ErrorFrame;
