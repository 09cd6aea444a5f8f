import { AppError } from '../../domain/errors.js';
import { presentChatList } from '../../presenters/frames.js';
import type { Link } from '../socket/link.js';
import type { InboxFeeds } from './inbox-feeds.js';
import { type ReplayRequest, resumeFeed } from './replay.js';
import type { ScopeDeps, Visitor } from './scope.js';

export interface InboxResume {
  readonly feeds: InboxFeeds;
  /** What the client has seen, by chat. */
  readonly chats: ReadonlyMap<number, number>;
  readonly epoch: string | null;
  /** Objects that may be replayed over all chats; a chat for which none are left gets `resync_required`. */
  readonly budget: ReplayRequest['budget'];
  /** The chats that the user is in, read after the command came. */
  readonly listed: ReadonlySet<number>;
}

/**
 * Replays the named chats one after the other. A chat that the client has at the socket's own rev costs nothing; one
 * that the user is not in any more is told as `chat_removed`. Rejects with `unavailable`; what was replayed stays so.
 */
export async function resumeInbox(deps: ScopeDeps, link: Link, visitor: Visitor, resume: InboxResume): Promise<void> {
  const { feeds, chats, epoch, budget } = resume;
  const isOurs = epoch === null || epoch === deps.services.realtime.epoch;
  for (const [chatId, rev] of chats) {
    const feed = await feeds.settled(chatId);
    if (!link.isOpen()) return;
    if (feed !== undefined && isOurs && rev === feed.rev) continue;
    if (feed === undefined) {
      // More chats than the socket follows: this one need not be gone.
      if (feeds.hasMore) continue;
      if (resume.listed.has(chatId)) throw new AppError('unavailable');
      link.tell(presentChatList('chat_removed', chatId, rev, new Date(deps.clock.now())));
      continue;
    }
    feeds.wake(feed);
    try {
      await resumeFeed(deps, link, visitor, { feed, from: { rev, epoch }, budget });
    } catch (error) {
      // Left meanwhile: the event that says so is on its way.
      if (!(error instanceof AppError) || error.code !== 'chat_not_found') throw error;
    }
  }
}
