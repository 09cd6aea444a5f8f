import { eq } from 'drizzle-orm';
import { factsOf, type EventFacts } from '../../../domain/event-facts.js';
import type { DurableEvent } from '../../../domain/events.js';
import type { Session } from '../database.js';
import type { Tables } from '../tables.js';
import type { ChatRow } from './chat-rows.js';

/** Where a chat's row keeps the rev of the last change of a kind of objects; null: its own rev says it. */
const LAST_REV = {
  message: null,
  participant: 'membersRev',
  chat: 'changedRev',
} as const satisfies Readonly<Record<EventFacts['object'], keyof ChatRow | null>>;

/** What a change writes into the chat's row besides its revs. */
export type RowChange = Partial<
  Pick<ChatRow, 'name' | 'updatedAt' | 'isActive' | 'changedRev' | 'visibleCount' | 'lastVisibleSeq'>
>;

/** The revs that one transaction takes of a locked chat, in order and without a gap. */
export class Revs {
  private last: number;

  constructor(private readonly chat: Pick<ChatRow, 'id' | 'rev'>) {
    this.last = chat.rev;
  }

  take(): number {
    this.last += 1;
    return this.last;
  }

  /**
   * Writes the counters, once. Every rev that was taken has to be told by one event: a rev of nobody would keep who reads on
   * waiting for it, and an event of nobody's rev would never be told again.
   */
  async write(tx: Session, { chats }: Tables, events: readonly DurableEvent[], row: RowChange = {}): Promise<void> {
    const told = events.map(({ rev }) => rev);
    const taken = Array.from({ length: this.last - this.chat.rev }, (_, index) => this.chat.rev + 1 + index);
    if (told.join() !== taken.join()) throw new TypeError(`revs ${taken.join()} were taken and ${told.join()} told`);
    const change: Partial<ChatRow> = { ...row };
    if (taken.length > 0) change.rev = this.last;
    for (const event of events) {
      const counter = LAST_REV[factsOf(event).object];
      if (counter !== null) change[counter] = event.rev;
    }
    if (Object.keys(change).length > 0) await tx.db.update(chats).set(change).where(eq(chats.id, this.chat.id));
  }
}
