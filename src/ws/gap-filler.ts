import type { ChangeLog } from '../ports/change-log.js';
import type { DurableEvent } from '../domain/events.js';
import type { Clock } from '../ports/clock.js';
import type { Logger } from '../ports/logger.js';
import { toFill, type Fill } from './delivery.js';
import type { LocalChat } from './local-chat.js';
import { toTicks } from './ticker.js';

/** Events cross one another by milliseconds; what is missing for this long is lost and is read from the store. */
const LOST_TICKS = toTicks(500);
/** A read that fails is repeated this seldom: the store has other troubles then. */
const RETRY_TICKS = toTicks(2_000);
/** How long a chat may stand still before its sockets are closed, to read on elsewhere or later. */
const HOPELESS_TICKS = toTicks(30_000);

export interface GapFillerDeps {
  readonly changes: Pick<ChangeLog, 'missed'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Objects of one fill, up to MAX_DELTA_BYTES together; more are not read for everybody, each reader comes and reads on by itself. */
  readonly maxItems: number;
  /** Hands a fill to the chat's sockets, then the events that had waited for it. */
  apply(chat: LocalChat, fill: Fill, ready: readonly DurableEvent[]): void;
  /** Closes the chat's sockets, so that nothing is skipped silently. */
  giveUp(chat: LocalChat): void;
}

/**
 * Reads from the store what the broker has lost: an event that others have overtaken for longer than they ever do, or one
 * that an acknowledgement or the store itself knows of. What cannot be read is not skipped: the sockets are closed.
 */
export class GapFiller {
  /** Fills that were handed on. */
  filled = 0;

  constructor(private readonly deps: GapFillerDeps) {}

  /** To be called once per tick and chat. */
  tick(chat: LocalChat): void {
    const ticks = chat.tickGap();
    if (ticks < LOST_TICKS || chat.isFilling) return;
    if (ticks >= HOPELESS_TICKS) this.deps.giveUp(chat);
    else if ((ticks - LOST_TICKS) % RETRY_TICKS === 0) void this.fill(chat);
  }

  private async fill(chat: LocalChat): Promise<void> {
    const { deps } = this;
    const { chatId, cursor } = chat;
    const from = cursor.rev;
    if (from === null) return;
    const mark = cursor.beginRead();
    chat.isFilling = true;
    try {
      const delta = await deps.changes.missed(chatId, from, deps.maxItems);
      chat.isFilling = false;
      if (chat.places.length === 0) return;
      // Encoded before the cursor moves: what cannot be stays missing.
      const fill = delta === null ? null : toFill(chatId, delta, new Date(deps.clock.now()));
      if (delta === null || fill === null) return deps.giveUp(chat);
      const { ready, phantoms } = cursor.settle(delta.rev, mark);
      if (phantoms > 0) deps.logger.warn({ chatId, phantoms }, 'events were dropped that the store does not know of');
      if (delta.rev > from) this.filled += 1;
      chat.forgetGap();
      deps.apply(chat, fill, ready);
    } catch (error) {
      chat.isFilling = false;
      cursor.giveBack(mark);
      deps.logger.warn({ err: error, chatId, rev: from }, 'lost events of a chat could not be read');
    }
  }
}
