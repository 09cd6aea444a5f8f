import type { Identity } from '../../domain/user.js';
import type { ChatStore } from '../../ports/chat-store.js';
import type { Clock } from '../../ports/clock.js';
import { LIMITS } from '../../protocol/limits.js';
import type { ReadEvents } from '../realtime/read-events.js';

/** Moves the read mark, and tells of it if it really moved: all participants in a small chat, the reader's own sockets in a large one. */
export async function markRead(
  deps: { readonly chats: ChatStore; readonly readEvents: ReadEvents; readonly clock: Clock },
  actor: Identity,
  chatId: number,
  seq: number,
): Promise<{ lastReadSeq: number; unreadCount: number }> {
  const { lastReadSeq, unreadCount, moved } = await deps.chats.markRead(chatId, actor.userId, seq);
  if (moved !== null) {
    deps.readEvents.note({
      type: 'read',
      chatId,
      userId: actor.userId,
      lastReadSeq,
      ownOnly: moved.participants > LIMITS.readMarksMax,
      at: new Date(deps.clock.now()),
    });
  }
  return { lastReadSeq, unreadCount };
}
