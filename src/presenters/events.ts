import { isDurable, type ChatEvent, type DurableEvent, type EphemeralEvent, type ReadEvent } from '../domain/events.js';
import type { DurableFrame, EphemeralFrame } from '../protocol/events.js';
import { presentParticipant } from './chats.js';
import { presentMessage } from './messages.js';

/** The frame of a live event, the same for every reader. */
export function presentEvent(event: ChatEvent): DurableFrame | EphemeralFrame {
  return isDurable(event) ? presentDurable(event, null) : presentEphemeral(event);
}

/** In a delta `viewerId` is its reader, who finds their own client_message_id; null = for every reader, as live. */
export function presentDurable(event: DurableEvent, viewerId: number | null): DurableFrame {
  const timestamp = event.at.toISOString();
  const { rev, chatId: chat_id } = event;
  switch (event.type) {
    case 'new_message':
    case 'message_updated':
      return { type: event.type, chat_id, message: presentMessage(event.message, viewerId), rev, timestamp };
    case 'message_deleted': {
      const { type, messageId, seq, deletedBy } = event;
      return { type, chat_id, message_id: messageId, seq, deleted_by: deletedBy, rev, timestamp };
    }
    case 'participant_added':
    case 'participant_updated': {
      const participant = presentParticipant(event.participant);
      return { type: event.type, chat_id, participant, by: event.by, rev, timestamp };
    }
    case 'participant_removed':
      return { type: event.type, chat_id, user_id: event.userId, by: event.by, rev, timestamp };
    case 'chat_updated': {
      const chat = { id: chat_id, name: event.name, updated_at: event.updatedAt.toISOString() };
      return { type: event.type, chat_id, chat, rev, timestamp };
    }
    default:
      return event satisfies never;
  }
}

function presentEphemeral(event: EphemeralEvent | ReadEvent): EphemeralFrame {
  const timestamp = event.at.toISOString();
  const { chatId: chat_id, userId: user_id } = event;
  switch (event.type) {
    case 'typing_started':
    case 'typing_stopped':
    case 'user_joined':
    case 'user_left':
      return { type: event.type, chat_id, user_id, username: event.username, timestamp };
    case 'read':
      return { type: event.type, chat_id, user_id, last_read_seq: event.lastReadSeq, timestamp };
    default:
      return event satisfies never;
  }
}
