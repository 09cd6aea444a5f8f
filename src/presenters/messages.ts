import type { Message } from '../domain/message.js';
import type { MessageResource } from '../protocol/resources.js';

/**
 * A message as `viewerId` may see it; null = in a live event, which is one sequence of bytes for every reader and
 * therefore never carries the sender's client_message_id.
 */
export function presentMessage(message: Message, viewerId: number | null): MessageResource {
  return {
    id: message.id,
    chat_id: message.chatId,
    seq: message.seq,
    rev: message.rev,
    sender_id: message.senderId,
    sender_username: message.senderUsername,
    content: message.content,
    ...(message.contentStatus === 'unavailable' ? { content_status: message.contentStatus } : {}),
    timestamp: message.timestamp.toISOString(),
    message_type: message.messageType,
    is_edited: message.isEdited,
    is_deleted: message.isDeleted,
    edited_at: message.editedAt?.toISOString() ?? null,
    version: message.version,
    ...(message.senderId === viewerId ? { client_message_id: message.clientMessageId } : {}),
  };
}
