import type { Member } from './delivery.js';
import { RevCursor } from './rev-cursor.js';

/** A chat that has sockets on this node: who is registered, who of them is live, and how far its events have come. */
export class LocalChat {
  readonly members = new Set<Member>();
  readonly cursor = new RevCursor();
  /** The cursor's first value: what was published up to there reached nobody here. */
  startedAt: number | null = null;
  /** What is missing is being read from the store. */
  isFilling = false;
  private live: Map<number, number> | null = null;
  private stuckAt: number | null = null;
  private stuckTicks = 0;

  constructor(
    readonly chatId: number,
    /** Resolves when the broker's subscription is active. */
    readonly subscribed: Promise<void>,
  ) {}

  /** True: this is the user's first live socket on the chat. */
  enter(userId: number): boolean {
    this.live ??= new Map();
    const count = this.live.get(userId) ?? 0;
    this.live.set(userId, count + 1);
    return count === 0;
  }

  /** True: that was the user's last live socket on the chat. */
  exit(userId: number): boolean {
    const count = this.live?.get(userId) ?? 0;
    if (count > 1) this.live?.set(userId, count - 1);
    else this.live?.delete(userId);
    return count === 1;
  }

  /** User ids with a live socket, ascending. */
  online(): readonly number[] {
    return [...(this.live?.keys() ?? [])].sort((a, b) => a - b);
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
