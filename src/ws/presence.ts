import type { Identity } from '../domain/user.js';
import type { Logger } from '../ports/logger.js';
import type { Services } from '../services/services.js';

/** Tells chats that a user's first live socket came or their last one went. Ephemeral: a failure costs only freshness. */
export type AnnouncePresence = (actor: Identity, chatIds: readonly number[], state: 'joined' | 'left') => void;

export function createAnnouncePresence(services: Pick<Services, 'realtime'>, logger: Logger): AnnouncePresence {
  return ({ userId, username }, chatIds, state) => {
    services.realtime.presence({ userId, username }, chatIds, state).catch((error: unknown) => {
      logger.warn({ err: error, chats: chatIds.length, userId }, 'presence could not be announced');
    });
  };
}
