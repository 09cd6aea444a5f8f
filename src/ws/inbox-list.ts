import { AppError } from '../domain/errors.js';
import type { Identity } from '../domain/user.js';
import type { ChatRev } from '../ports/change-log.js';
import type { Logger } from '../ports/logger.js';
import { LIMITS } from '../protocol/limits.js';
import type { ChatPosition, Services } from '../services/services.js';
import type { ChatFeed } from './chat-feed.js';
import { readPosition } from './read-position.js';
import type { ScopeDeps, Visitor } from './scope.js';

/** The chats of a user by id, as many as one socket follows. */
export type Inbox = readonly ChatRev[];

export async function readInbox(
  realtime: Pick<Services['realtime'], 'chatsOf'>,
  actor: Identity,
): Promise<{ readonly chats: Inbox; readonly hasMore: boolean }> {
  const chats = await realtime.chatsOf(actor, LIMITS.inboxChats + 1);
  return { chats: chats.slice(0, LIMITS.inboxChats), hasMore: chats.length > LIMITS.inboxChats };
}

/** Brings one more chat of a live inbox socket up. Never rejects. `isGone`: the user is not in it. */
export async function joinFeed(
  { services, logger }: Pick<ScopeDeps, 'services'> & { readonly logger: Pick<Logger, 'warn'> },
  { actor }: Visitor,
  feed: ChatFeed,
  then: { live(position: ChatPosition): void; refused(isGone: boolean): void },
): Promise<void> {
  try {
    await feed.subscribed;
    const position = await readPosition(services.realtime, actor, feed);
    if (feed.isOpen) then.live(position);
  } catch (error) {
    const isGone = error instanceof AppError && error.code === 'chat_not_found';
    if (!isGone) {
      logger.warn({ err: error, chatId: feed.chatId, userId: actor.userId }, 'a chat could not be joined');
    }
    then.refused(isGone);
  }
}
