import type { DurableFrame } from './events.js';
import type { ReadMarkResource, ResyncReasonName } from './resources.js';

/** What changed in a chat after a rev: each object once, as it is now, in ascending order of rev. */
export interface ChangesResource {
  chat_id: number;
  epoch: string;
  /** Where to read on: that of the last item where there is more, else the chat's. */
  rev: number;
  has_more: boolean;
  /** The frames that a socket would have been sent. */
  changes: DurableFrame[];
  last_seq: number;
  /** Counted to 1,000; more are shown as 1,000. */
  unread_count: number;
  /** One's own always, everyone's in small chats. */
  reads: ReadMarkResource[];
}

/** The answer to a vector of revs. */
export interface ChangesOfChatsResource {
  epoch: string;
  /** By chat id. */
  chats: Record<string, ChangesResource | { resync_required: { reason: ResyncReasonName; rev: number } }>;
  /** Chats of the vector that one is not in, any more or ever. */
  gone: number[];
  /** One's chats that the vector does not name, by id. */
  new_chats: { chat_id: number; rev: number }[];
  has_more_chats: boolean;
}
