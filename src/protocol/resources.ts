import type { CloseName } from './close-codes.js';

/**
 * The JSON objects of the public API, in REST answers and socket frames alike. Times are ISO 8601
 * UTC with milliseconds and `Z`; ids are positive integers.
 */
export interface UserResource {
  id: number;
  username: string;
  /** Only in answers to the user themself. */
  email?: string;
  full_name: string | null;
  is_active: boolean;
  created_at: string;
  last_seen: string | null;
}

export interface TokenResource {
  access_token: string;
  token_type: 'bearer';
  /** Seconds until the token ends, and with it every socket it opened. */
  expires_in: number;
}

/** `direct`: exactly two participants, one chat per pair for ever. `group`: 1 to 100, with admins. */
export type ChatType = 'direct' | 'group';

export interface ChatResource {
  id: number;
  name: string | null;
  chat_type: ChatType;
  created_at: string;
  updated_at: string;
  is_active: boolean;
  participants: UserResource[];
  last_seq: number;
  rev: number;
  /** Name of the data set that `rev` belongs to; both together say where to read on. */
  epoch: string;
}

export interface ChatListItemResource {
  id: number;
  name: string | null;
  chat_type: ChatType;
  created_at: string;
  updated_at: string;
  participant_count: number;
  /** Newest visible message, cut at 200 code points; null where there is none. */
  last_message: string | null;
  last_message_time: string | null;
  /** Counted to 1,000; more are shown as 1,000. */
  unread_count: number;
  last_seq: number;
  rev: number;
}

export interface ParticipantResource {
  user_id: number;
  username: string;
  full_name: string | null;
  joined_at: string;
  is_admin: boolean;
}

export interface MessageResource {
  id: number;
  chat_id: number;
  seq: number;
  rev: number;
  sender_id: number;
  sender_username: string;
  /** null: deleted, or (with `content_status`) not readable right now. */
  content: string | null;
  /** Present only when the body should be there and is not. */
  content_status?: 'unavailable';
  timestamp: string;
  message_type: 'text';
  is_edited: boolean;
  is_deleted: boolean;
  edited_at: string | null;
  /** 1 = never edited. */
  version: number;
  /** Only in answers to the sender; live events never carry it. */
  client_message_id?: string | null;
  /** Only in the answer to a send whose client_message_id was stored before. */
  duplicate?: true;
}

export interface PageResource<T> {
  items: T[];
  total: number;
  page: number;
  limit: number;
  pages: number;
}

/** A page of chats; `epoch` is the one that all its revs belong to. */
export interface ChatPageResource extends PageResource<ChatListItemResource> {
  epoch: string;
}

/** A window of history by cursor; `items` newest first, like a page. */
export interface WindowResource<T> {
  items: T[];
  has_more_before: boolean;
  has_more_after: boolean;
}

/** Why reading on from a rev is not possible. */
export type ResyncReasonName = 'too_large' | 'future_rev' | 'other_epoch';

/** RFC 9457 problem document; `code` is one of the registry in error-codes.ts. */
export interface ProblemResource {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: string;
  instance: string;
  errors?: { path: string; code: string; message: string }[];
  /** Of `resync_required`: why, and where the chat stands. */
  reason?: ResyncReasonName;
  rev?: number;
  epoch?: string;
}

/** How far a participant has read. */
export interface ReadMarkResource {
  user_id: number;
  last_read_seq: number;
}

/** Figures of this server's sockets. */
export interface SocketStatsResource {
  online_users: number;
  total_connections: number;
  /** Bytes that wait for their readers: of all sockets, and of the one furthest behind. */
  queued_bytes: { total: number; max: number };
  /** Sockets that the server has closed since its start, by the name of the close code. */
  closes: Partial<Record<CloseName, number>>;
  /** How often events that were lost on their way were read from the database. */
  gap_fills: number;
}
