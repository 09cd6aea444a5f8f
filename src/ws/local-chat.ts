import type { ChatEvent } from '../domain/events.js';
import type { CloseName } from '../protocol/close-codes.js';
import { RevCursor } from './rev-cursor.js';

/** An event as every socket gets it: encoded once, the same bytes for all. */
export interface Delivery {
  readonly event: ChatEvent;
  readonly frame: Uint8Array;
}

/** What the hub knows of a connection. Neither call throws. */
export interface Member {
  readonly userId: number;
  /** Durable events of the chat come in order of rev, each once, from the moment of registration. */
  deliver(delivery: Delivery): void;
  close(name: CloseName): void;
}

/** A chat that has sockets on this node: who is registered, who of them is live, and how far its events have come. */
export class LocalChat {
  readonly members = new Set<Member>();
  readonly cursor = new RevCursor();
  /** The cursor's first value: what was published up to there reached nobody here. */
  startedAt: number | null = null;
  private readonly live = new Map<number, number>();
  private stuckAt: number | null = null;
  private stuckTicks = 0;

  constructor(
    readonly chatId: number,
    /** Resolves when the broker's subscription is active. */
    readonly subscribed: Promise<void>,
  ) {}

  /** True: this is the user's first live socket on the chat. */
  enter(userId: number): boolean {
    const count = this.live.get(userId) ?? 0;
    this.live.set(userId, count + 1);
    return count === 0;
  }

  /** True: that was the user's last live socket on the chat. */
  exit(userId: number): boolean {
    const count = this.live.get(userId) ?? 0;
    if (count > 1) this.live.set(userId, count - 1);
    else this.live.delete(userId);
    return count === 1;
  }

  /** User ids with a live socket, ascending. */
  online(): readonly number[] {
    return [...this.live.keys()].sort((a, b) => a - b);
  }

  /** For how many ticks in a row the cursor has stood still before an event that is known to exist. */
  tickGap(): number {
    const { rev, isBehind } = this.cursor;
    if (!isBehind) {
      this.stuckAt = null;
      this.stuckTicks = 0;
    } else if (this.stuckAt === rev) {
      this.stuckTicks += 1;
    } else {
      this.stuckAt = rev;
      this.stuckTicks = 0;
    }
    return this.stuckTicks;
  }
}
