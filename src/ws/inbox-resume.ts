import { AppError } from '../domain/errors.js';
import { presentChatList } from '../presenters/frames.js';
import type { ChatFeed } from './chat-feed.js';
import type { Link } from './link.js';
import type { ReplayRequest } from './replay.js';
import { resumeFeed } from './resume-feed.js';
import type { ScopeDeps, Visitor } from './scope.js';

export interface InboxResume {
  readonly feeds: ReadonlyMap<number, ChatFeed>;
  /** What the client has seen, by chat. */
  readonly chats: ReadonlyMap<number, number>;
  readonly epoch: string | null;
  /** Objects that may be replayed over all chats; a chat for which none are left gets `resync_required`. */
  readonly budget: ReplayRequest['budget'];
  /** The user is in more chats than the socket follows: one that it does not follow need not be gone. */
  readonly hasMoreChats: boolean;
}

/**
 * Replays the named chats one after the other. A chat that the client has at the socket's own rev costs nothing; one
 * that the user is not in any more is told as `chat_removed`. Rejects with `unavailable`; what was replayed stays so.
 */
export async function resumeInbox(deps: ScopeDeps, link: Link, visitor: Visitor, resume: InboxResume): Promise<void> {
  const { feeds, chats, epoch, budget } = resume;
  const isOurs = epoch === null || epoch === deps.services.realtime.epoch;
  for (const [chatId, rev] of chats) {
    const feed = feeds.get(chatId);
    // One that is being joined or replayed has its own frame under way.
    if (feed !== undefined && (!feed.isLive || (isOurs && rev === feed.rev))) continue;
    if (!link.isOpen()) return;
    if (feed === undefined) {
      if (resume.hasMoreChats) continue;
      link.tell(presentChatList('chat_removed', chatId, rev, new Date(deps.clock.now())));
      continue;
    }
    try {
      await resumeFeed(deps, link, visitor, { feed, from: { rev, epoch }, budget });
    } catch (error) {
      // Left meanwhile: the event that says so is on its way.
      if (!(error instanceof AppError) || error.code !== 'chat_not_found') throw error;
    }
  }
}
