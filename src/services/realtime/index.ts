import { AppError } from '../../domain/errors.js';
import type { ChangeLog } from '../../ports/change-log.js';
import type { ChatStore } from '../../ports/chat-store.js';
import type { Clock } from '../../ports/clock.js';
import type { Presence } from '../../ports/presence.js';
import type { Identity } from '../../domain/user.js';
import { LIMITS } from '../../protocol/limits.js';
import type { ChatPosition, Services } from '../services.js';
import { changesOfChat, changesOfChats } from './changes.js';
import type { Publish } from './publisher.js';

export function createRealtimeServices(deps: {
  readonly chats: Pick<ChatStore, 'membership'>;
  readonly changes: ChangeLog;
  readonly presence: Presence;
  readonly publish: Publish;
  readonly clock: Clock;
}): Services['realtime'] {
  const { chats, changes, presence, publish, clock } = deps;

  async function join({ userId }: Pick<Identity, 'userId'>, chatId: number): Promise<ChatPosition> {
    const membership = await chats.membership(chatId, userId);
    if (membership === null) throw new AppError('chat_not_found');
    return { rev: membership.rev, lastSeq: membership.lastSeq };
  }

  return {
    epoch: changes.epoch,
    changes: (actor, chatId, since, share) => changesOfChat(deps, actor, chatId, since, share),
    changesOf: (actor, vector, share) => changesOfChats(deps, actor, vector, share),
    join,
    async resume(actor, chatId, since, maxItems) {
      if (since.epoch !== null && since.epoch !== changes.epoch) {
        return { kind: 'resync', reason: 'other_epoch', ...(await join(actor, chatId)) };
      }
      const most = { items: maxItems, bytes: LIMITS.resumeBytes };
      const answer = await changes.since(chatId, actor.userId, since.rev, most);
      if (answer.kind === 'delta') return answer;
      return { kind: 'resync', reason: answer.reason, rev: answer.rev, lastSeq: answer.state.lastSeq };
    },
    chatsOf: ({ userId }, limit) => changes.chatsOf(userId, 0, limit),
    recentChatsOf: ({ userId }, limit) => changes.recentChatsOf(userId, limit),
    typing(actor, chatId, state) {
      const type = state === 'start' ? 'typing_started' : 'typing_stopped';
      publish([{ type, chatId, userId: actor.userId, username: actor.username, at: new Date(clock.now()) }]);
      return Promise.resolve();
    },
    presence(changes) {
      const at = new Date(clock.now());
      publish(
        changes.map(({ state, ...who }) => ({ type: state === 'joined' ? 'user_joined' : 'user_left', ...who, at })),
      );
      return Promise.resolve();
    },
    stats: () => presence.stats(),
  };
}
