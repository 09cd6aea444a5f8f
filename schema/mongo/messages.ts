/** The collection of bodies; named as the earlier backend named it. */
export const MESSAGES = 'messages';

/**
 * One version of one message's content. Written once under a fresh `_id`, read by `_id` only, never updated: so the
 * index of `_id` is the only one.
 */
export interface MessageDocument<Bytes> {
  /** UUIDv7 of this body, minted for this write. */
  _id: Bytes;
  /** UUIDv7 of the message; the first body's `_id` equals it. */
  message_id: Bytes;
  chat_id: number;
  sender_id: number;
  content: string;
  timestamp: Date;
  /** Over the UTF-8 of `content`, to notice a text that was altered. */
  sha256: Bytes;
}
