import { AppError } from '../domain/errors.js';
import type { Identity } from '../domain/user.js';
import type { ChatPosition, Services } from '../services/services.js';
import type { ChatFeed } from './chat-feed.js';

/** A read joins at the second attempt unless a chat is written faster than its state is read. */
const ATTEMPTS = 5;

/**
 * Where the chat stands for one of its participants, as a state that joins with the feed's events: read again when
 * others joined meanwhile and events have gone by that the read does not hold. Rejects with `chat_not_found`.
 */
export async function readPosition(
  realtime: Pick<Services['realtime'], 'join'>,
  actor: Identity,
  feed: ChatFeed,
): Promise<ChatPosition> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const position = await realtime.join(actor, feed.chatId);
    if (!feed.isOpen || feed.joins(position.rev)) return position;
  }
  throw new AppError('unavailable');
}
