import { nextTurn } from '../../domain/next-turn.js';
import type { Identity } from '../../domain/user.js';
import type { Logger } from '../../ports/logger.js';
import type { PresenceChange, Services } from '../../services/services.js';

/** Changes that are told in one turn of the loop: after a restart everybody comes into all of their chats at once. */
const TOLD_AT_ONCE = 1_000;

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
  private isTelling = false;

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
    // What has changed since those that are still being told comes after them.
    if (this.changes.size === 0 || this.isTelling) return;
    const changes = [...this.changes.values()].flatMap((ofUser) => [...ofUser.values()]);
    this.changes.clear();
    void this.tell(changes);
  }

  private async tell(changes: readonly PresenceChange[]): Promise<void> {
    this.isTelling = true;
    for (let from = 0; from < changes.length; from += TOLD_AT_ONCE) {
      if (from > 0) await nextTurn();
      const told = changes.slice(from, from + TOLD_AT_ONCE);
      this.services.realtime.presence(told).catch((error: unknown) => {
        this.logger.warn({ err: error, changes: told.length }, 'presence could not be announced');
      });
    }
    this.isTelling = false;
  }
}
