import type { Identity } from '../domain/user.js';
import type { Logger } from '../ports/logger.js';
import type { PresenceChange, Services } from '../services/services.js';

/** A user's first live socket on these chats came, or their last one went. */
export type AnnouncePresence = (actor: Identity, chatIds: readonly number[], state: 'joined' | 'left') => void;

/**
 * Tells chats who came and who went, together once per tick. When the hundred members of a chat come back at once, each is
 * told of the others in one write, not in a hundred. Of several changes within a tick the last one counts; it is told
 * even where it takes the one before back, because in between somebody may have read who is online. Ephemeral: a
 * failure costs only freshness.
 */
export class PresenceNews {
  /** By user and chat. */
  private readonly changes = new Map<number, Map<number, PresenceChange>>();

  constructor(
    private readonly services: Pick<Services, 'realtime'>,
    private readonly logger: Logger,
  ) {}

  note({ userId, username }: Identity, chatIds: readonly number[], state: PresenceChange['state']): void {
    const ofUser = this.changes.get(userId) ?? new Map<number, PresenceChange>();
    this.changes.set(userId, ofUser);
    for (const chatId of chatIds) ofUser.set(chatId, { chatId, userId, username, state });
  }

  /** To be called once per tick. */
  tick(): void {
    if (this.changes.size === 0) return;
    const changes = [...this.changes.values()].flatMap((ofUser) => [...ofUser.values()]);
    this.changes.clear();
    this.services.realtime.presence(changes).catch((error: unknown) => {
      this.logger.warn({ err: error, changes: changes.length }, 'presence could not be announced');
    });
  }
}
