import type { ChangeLog } from '../../ports/change-log.js';
import type { DurableEvent } from '../../domain/events.js';
import { FairTurns } from '../../domain/fair-turns.js';
import type { Clock } from '../../ports/clock.js';
import type { Logger } from '../../ports/logger.js';
import { LIMITS } from '../../protocol/limits.js';
import { toTicks } from '../ticker.js';
import { toEnd, toFillItem, type Fill, type FillItem } from './delivery.js';
import type { LocalChat } from './local-chat.js';

/** Events cross one another by milliseconds; what is missing for this long is lost and is read from the store. */
const LOST_TICKS = toTicks(500);
/** A read that fails is repeated this seldom: the store has other troubles then. */
const RETRY_TICKS = toTicks(2_000);
/** How long a chat may stand still before its sockets are closed, to read on elsewhere or later. */
const HOPELESS_TICKS = toTicks(30_000);

/**
 * Reads at once, each of one slice: an outage of the broker leaves a gap in every chat of the node. They are nobody's in
 * particular, so all stand in one line.
 */
const READS = { atOnce: 4, perUser: 4, inLine: Infinity };
const NOBODY = 0;

export interface GapFillerDeps {
  readonly changes: Pick<ChangeLog, 'missed'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Objects of one fill, up to LIMITS.resumeBytes together; more are not read for everybody, each reader comes and reads on by itself. */
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
  private readonly turns = new FairTurns(READS);

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
      // Encoded before the cursor moves: what cannot be stays missing.
      const fill = await this.read(chat, from);
      chat.isFilling = false;
      if (chat.places.length === 0) return;
      if (fill === null) return deps.giveUp(chat);
      const { ready, phantoms } = cursor.settle(fill.rev, mark);
      if (phantoms > 0) deps.logger.warn({ chatId, phantoms }, 'events were dropped that the store does not know of');
      if (fill.rev > from) this.filled += 1;
      chat.forgetGap();
      deps.apply(chat, fill, ready);
    } catch (error) {
      chat.isFilling = false;
      cursor.giveBack(mark);
      deps.logger.warn({ err: error, chatId, rev: from }, 'lost events of a chat could not be read');
    }
  }

  /** null: more than is read for everybody, or nobody is there any more. */
  private async read(chat: LocalChat, from: number): Promise<Fill | null> {
    const { changes, clock, maxItems } = this.deps;
    const { chatId } = chat;
    const most = { items: maxItems, bytes: LIMITS.resumeBytes };
    const delta = await this.inTurn(chat, () => changes.missed(chatId, from, most));
    if (delta === null) return null;
    const end = toEnd(chatId, delta.rev, new Date(clock.now()));
    const items: FillItem[] = [];
    let bytes = 0;
    for (const slice of delta.slices) {
      const read = await this.inTurn(chat, async () => (await slice()).map(toFillItem));
      if (read === null) return null;
      for (const item of read) bytes += item.bytes;
      if (bytes > LIMITS.resumeBytes) return null;
      items.push(...read);
    }
    return { rev: delta.rev, items, end, bytes };
  }

  private inTurn<T>(chat: LocalChat, task: () => Promise<T>): Promise<T | null> {
    return this.turns.run(NOBODY, task, { isWanted: () => chat.places.length > 0 });
  }
}
