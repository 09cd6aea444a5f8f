import type { Recipient } from './delivery.js';
import { RevCursor } from './rev-cursor.js';

/** A connection's place in the chat. */
export interface ChatPlace {
  readonly member: Recipient;
  /** Counted as present. */
  readonly isLive: boolean;
}

/** A chat that has sockets on this node: who is registered, who of them is live, and how far its events have come. */
export class LocalChat {
  /**
   * Replaced as a whole with each change, so that whoever goes through it goes through one moment; for the two sockets of
   * most chats this takes half of what a set does.
   */
  places: readonly ChatPlace[] = [];
  readonly cursor = new RevCursor();
  /** The cursor's first value: what was published up to there reached nobody here. */
  startedAt: number | null = null;
  /** What is missing is being read from the store. */
  isFilling = false;
  private stuckAt: number | null = null;
  private stuckTicks = 0;

  constructor(
    readonly chatId: number,
    /** Resolves when the broker's subscription is active. */
    readonly subscribed: Promise<void>,
  ) {}

  add(place: ChatPlace): void {
    // Exactly as long as it is; a spread reserves room for sixteen more.
    this.places = this.places.concat(place);
  }

  remove(place: ChatPlace): void {
    this.places = this.places.filter((other) => other !== place);
  }

  /** Whether the user has a live socket on the chat. */
  isOnline(userId: number): boolean {
    return this.places.some(({ isLive, member }) => isLive && member.userId === userId);
  }

  /** User ids with a live socket, ascending. */
  online(): readonly number[] {
    const live = this.places.filter(({ isLive }) => isLive).map(({ member }) => member.userId);
    return [...new Set(live)].sort((a, b) => a - b);
  }

  /** What was missing has been read: from here on it is another gap. */
  forgetGap(): void {
    this.stuckAt = null;
    this.stuckTicks = 0;
  }

  /** For how many ticks in a row the cursor has stood still before an event that is known to exist. */
  tickGap(): number {
    const { rev, isBehind } = this.cursor;
    if (!isBehind && !this.isFilling) {
      this.forgetGap();
    } else if (this.stuckAt === rev) {
      this.stuckTicks += 1;
    } else {
      this.stuckAt = rev;
      this.stuckTicks = 0;
    }
    return this.stuckTicks;
  }
}
