import type { ChatStore } from '../../ports/chat-store.js';
import { orSuspect, type Suspect } from '../realtime/doubt.js';
import type { Publish } from '../realtime/publisher.js';
import type { Services } from '../services.js';

/** Who is in a chat. Membership and policy are decided by the store under the chat's lock; here remains: then publish. */
export function createParticipantServices(deps: {
  readonly chats: ChatStore;
  readonly publish: Publish;
  readonly suspect: Suspect;
}): Services['participants'] {
  const { chats, publish, suspect } = deps;
  return {
    async list(actor, chatId) {
      return (await chats.view(chatId, actor.userId)).participants;
    },
    async add(actor, chatId, userIds) {
      const { result, events } = await orSuspect(suspect, chatId, chats.addParticipants(chatId, actor.userId, userIds));
      publish(events);
      return { added: result };
    },
    async remove(actor, chatId, userId) {
      const { events } = await orSuspect(
        suspect,
        chatId,
        chats.removeParticipant(chatId, actor.userId, userId, 'remove'),
      );
      publish(events);
    },
    async leave(actor, chatId) {
      const { events } = await orSuspect(
        suspect,
        chatId,
        chats.removeParticipant(chatId, actor.userId, actor.userId, 'leave'),
      );
      publish(events);
    },
    async setAdmin(actor, chatId, userId, isAdmin) {
      const { result, events } = await orSuspect(
        suspect,
        chatId,
        chats.setAdmin(chatId, actor.userId, userId, isAdmin),
      );
      publish(events);
      return result;
    },
  };
}
