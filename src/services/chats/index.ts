import type { ChatStore } from '../../ports/chat-store.js';
import type { Clock } from '../../ports/clock.js';
import type { Presence } from '../../ports/presence.js';
import type { UserStore } from '../../ports/user-store.js';
import { orSuspect, type Suspect } from '../realtime/doubt.js';
import type { Publish, PublishToUsers } from '../realtime/publisher.js';
import type { ReadEvents } from '../realtime/read-events.js';
import type { Services } from '../services.js';
import { createChat } from './create.js';
import { markRead } from './mark-read.js';
import { onlineUsers } from './online.js';

export interface ChatDeps {
  readonly chats: ChatStore;
  readonly users: UserStore;
  readonly presence: Presence;
  readonly publish: Publish;
  readonly suspect: Suspect;
  readonly publishToUsers: PublishToUsers;
  readonly readEvents: ReadEvents;
  readonly clock: Clock;
}

export function createChatServices(deps: ChatDeps): Services['chats'] {
  const { chats, publish, suspect } = deps;
  return {
    create: (actor, input) => createChat(deps, actor, input),
    async list(actor, { page, limit }, share) {
      const { items, total } = await chats.list(actor.userId, { offset: (page - 1) * limit, limit }, share);
      return { items, total, page, limit };
    },
    get: (actor, chatId) => chats.view(chatId, actor.userId),
    async rename(actor, chatId, name) {
      const { result, events } = await orSuspect(suspect, chatId, chats.rename(chatId, actor.userId, name));
      publish(events);
      return result;
    },
    markRead: (actor, chatId, seq) => markRead(deps, actor, chatId, seq),
    online: (actor, chatId) => onlineUsers(deps, actor, chatId),
  };
}
