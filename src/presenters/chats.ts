import type { Chat, ChatListEntry, ChatView, Participant } from '../domain/chat.js';
import { LIMITS } from '../protocol/limits.js';
import type { ChatListItemResource, ChatResource, ParticipantResource } from '../protocol/resources.js';
import { presentUser } from './users.js';

export function presentChat(view: ChatView, viewerId: number, epoch: string): ChatResource {
  const { chat, users } = view;
  return {
    ...presentFields(chat),
    is_active: chat.isActive,
    participants: users.map((user) => presentUser(user, viewerId)),
    epoch,
  };
}

export function presentChatListItem(entry: ChatListEntry): ChatListItemResource {
  const { chat, lastMessage } = entry;
  return {
    ...presentFields(chat),
    participant_count: entry.participantCount,
    last_message: lastMessage?.content == null ? null : preview(lastMessage.content),
    last_message_time: lastMessage?.timestamp.toISOString() ?? null,
    unread_count: entry.unreadCount,
  };
}

export function presentParticipant(participant: Participant): ParticipantResource {
  return {
    user_id: participant.userId,
    username: participant.username,
    full_name: participant.fullName,
    joined_at: participant.joinedAt.toISOString(),
    is_admin: participant.isAdmin,
  };
}

/** What a chat and its line in a list have in common. */
function presentFields(chat: Chat): Omit<ChatResource, 'is_active' | 'participants' | 'epoch'> {
  return {
    id: chat.id,
    name: chat.name,
    chat_type: chat.type,
    created_at: chat.createdAt.toISOString(),
    updated_at: chat.updatedAt.toISOString(),
    last_seq: chat.lastSeq,
    rev: chat.rev,
  };
}

/** Cut by code points, so that no pair of surrogates is torn apart. */
function preview(content: string): string {
  if (content.length <= LIMITS.previewLength) return content;
  return Array.from(content.slice(0, LIMITS.previewLength * 2))
    .slice(0, LIMITS.previewLength)
    .join('');
}
