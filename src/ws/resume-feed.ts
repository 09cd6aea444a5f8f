import { AppError } from '../domain/errors.js';
import { presentResync } from '../presenters/frames.js';
import type { Link } from './link.js';
import { replay, type ReplayRequest } from './replay.js';
import type { ScopeDeps, Visitor } from './scope.js';

/**
 * Replays on a feed that is live, or refuses: `resume_in_progress` for a feed that is being replayed, because each
 * replay may cost a thousand rows. After a failure the feed goes on where it stood. Who is no longer in the chat is told
 * `chat_not_found`, and the event of the removal, which comes in its order, ends the feed.
 */
export async function resumeFeed(
  deps: ScopeDeps,
  link: Link,
  { actor }: Visitor,
  request: ReplayRequest,
): Promise<void> {
  const { feed, from, id } = request;
  const { realtime } = deps.services;
  if (!feed.isLive) throw new AppError('resume_in_progress');
  if (from.epoch !== null && from.epoch !== realtime.epoch) {
    // Nothing to read: the feed is live from its rev on, and so the client may start there.
    const { chatId, rev } = feed;
    const resync = { chatId, rev, epoch: realtime.epoch, reason: 'other_epoch' as const };
    link.tell(presentResync(resync, id, new Date(deps.clock.now())));
    return;
  }
  try {
    await replay({ ...deps, realtime, link, actor }, request);
  } catch (error) {
    if (error instanceof AppError && error.code === 'chat_not_found') deps.hub.suspect(feed.chatId);
    if (feed.isOpen) feed.goOn();
    throw error;
  }
}
