import type { ErrorCode } from './error-codes.js';
import type { MessageResource, ParticipantResource } from './resources.js';

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
  deleted_by: number;
  rev: number;
  timestamp: string;
}

export interface ParticipantFrame {
  type: 'participant_added' | 'participant_updated';
  chat_id: number;
  participant: ParticipantResource;
  /** The user who did it. */
  by: number;
  rev: number;
  timestamp: string;
}

export interface ParticipantRemovedFrame {
  type: 'participant_removed';
  chat_id: number;
  user_id: number;
  by: number;
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

export interface PongFrame {
  type: 'pong';
  id?: string | number;
  timestamp: string;
  rev: number;
}

export interface ErrorFrame {
  type: 'error';
  message: string;
  code: ErrorCode;
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

export type EphemeralFrame = TypingFrame | PresenceFrame;

export type ServerFrame = DurableFrame | EphemeralFrame | AckFrame | PongFrame | ErrorFrame;
