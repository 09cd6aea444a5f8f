import type { ChatEvent } from '../domain/events.js';
import type { DurableFrame, EphemeralFrame } from '../protocol/events.js';
import { presentParticipant } from './chats.js';
import { presentMessage } from './messages.js';

/**
 * The frame of an event: the same for every reader, as live events are, or as `viewerId` may see it in a delta, where
 * the sender finds their own client_message_id.
 */
export function presentEvent(event: ChatEvent, viewerId: number | null = null): DurableFrame | EphemeralFrame {
  const timestamp = event.at.toISOString();
  const chat_id = event.chatId;
  switch (event.type) {
    case 'new_message':
    case 'message_updated':
      return { type: event.type, chat_id, message: presentMessage(event.message, viewerId), rev: event.rev, timestamp };
    case 'message_deleted':
      return {
        type: event.type,
        chat_id,
        message_id: event.messageId,
        seq: event.seq,
        deleted_by: event.deletedBy,
        rev: event.rev,
        timestamp,
      };
    case 'participant_added':
    case 'participant_updated':
      return {
        type: event.type,
        chat_id,
        participant: presentParticipant(event.participant),
        by: event.by,
        rev: event.rev,
        timestamp,
      };
    case 'participant_removed':
      return { type: event.type, chat_id, user_id: event.userId, by: event.by, rev: event.rev, timestamp };
    case 'chat_updated': {
      const chat = { id: chat_id, name: event.name, updated_at: event.updatedAt.toISOString() };
      return { type: event.type, chat_id, chat, rev: event.rev, timestamp };
    }
    case 'typing_started':
    case 'typing_stopped':
    case 'user_joined':
    case 'user_left':
      return { type: event.type, chat_id, user_id: event.userId, username: event.username, timestamp };
    case 'read':
      return { type: event.type, chat_id, user_id: event.userId, last_read_seq: event.lastReadSeq, timestamp };
    default:
      return event satisfies never;
  }
}
