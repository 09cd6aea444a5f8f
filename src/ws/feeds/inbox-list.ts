import { AppError } from '../../domain/errors.js';
import type { Identity } from '../../domain/user.js';
import type { ChatRev } from '../../ports/change-log.js';
import type { Logger } from '../../ports/logger.js';
import type { ChatPosition, Services } from '../../services/services.js';
import { type ChatFeed, readPosition } from './chat-feed.js';
import type { Places } from './inbox-places.js';
import type { ScopeDeps, Visitor } from './scope.js';

/** The chats of a user: all of them by id, or as many as one socket follows, the most recently active first. */
export type Inbox = readonly ChatRev[];

export async function readInbox(
  realtime: Pick<Services['realtime'], 'chatsOf' | 'recentChatsOf'>,
  actor: Identity,
  places: Places,
): Promise<{ readonly chats: Inbox; readonly hasMore: boolean }> {
  const chats = await realtime.chatsOf(actor, places.loud + 1);
  if (chats.length <= places.loud) return { chats, hasMore: false };
  // Nearly nobody is in so many, and everybody else's lists come from the index alone, many users in one statement.
  return { chats: await realtime.recentChatsOf(actor, places.all), hasMore: true };
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
