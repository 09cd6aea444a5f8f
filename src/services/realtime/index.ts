import { AppError } from '../../domain/errors.js';
import type { ChangeLog } from '../../ports/change-log.js';
import type { ChatStore } from '../../ports/chat-store.js';
import type { Clock } from '../../ports/clock.js';
import type { Presence } from '../../ports/presence.js';
import type { Services } from '../services.js';
import { changesOfChat, changesOfChats } from './changes.js';
import type { Publish } from './publisher.js';

export function createRealtimeServices(deps: {
  readonly chats: Pick<ChatStore, 'membership'>;
  readonly changes: ChangeLog;
  readonly presence: Presence;
  readonly publish: Publish;
  readonly clock: Clock;
}): Services['realtime'] {
  const { chats, presence, publish, clock } = deps;
  return {
    epoch: deps.changes.epoch,
    changes: (actor, chatId, since) => changesOfChat(deps, actor, chatId, since),
    changesOf: (actor, vector) => changesOfChats(deps, actor, vector),
    async join(actor, chatId) {
      const membership = await chats.membership(chatId, actor.userId);
      if (membership === null) throw new AppError('chat_not_found');
      return { rev: membership.rev };
    },
    typing(actor, chatId, state) {
      const type = state === 'start' ? 'typing_started' : 'typing_stopped';
      publish([{ type, chatId, userId: actor.userId, username: actor.username, at: new Date(clock.now()) }]);
      return Promise.resolve();
    },
    presence(actor, chatId, state) {
      const type = state === 'joined' ? 'user_joined' : 'user_left';
      publish([{ type, chatId, userId: actor.userId, username: actor.username, at: new Date(clock.now()) }]);
      return Promise.resolve();
    },
    stats: () => presence.stats(),
  };
}
