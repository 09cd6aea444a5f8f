import type { DurableEvent } from '../domain/events.js';

/**
 * Puts the events of one chat into the order of their revs: one that arrives early waits for the missing ones, one at
 * or below the cursor was handled before and is dropped. Revs of a chat are dense, so nothing is skipped unnoticed.
 */
export class RevCursor {
  private readonly early = new Map<number, DurableEvent>();
  private current: number | null = null;
  private highestKnown = 0;

  /** Highest rev that has been let through; null before `start`. */
  get rev(): number | null {
    return this.current;
  }

  /** Events that wait for an earlier one. */
  get waiting(): number {
    return this.early.size;
  }

  /** True while a rev is known to exist that has not been let through. */
  get isBehind(): boolean {
    return this.current !== null && this.current < this.highestKnown;
  }

  /** `rev` comes from a read of the store made after the subscription became active. Answers what may go on now. */
  start(rev: number): readonly DurableEvent[] {
    this.current = rev;
    for (const known of this.early.keys()) if (known <= rev) this.early.delete(known);
    return this.release();
  }

  /** Answers the events that may go on now, in order; often just this one, sometimes none. */
  accept(event: DurableEvent): readonly DurableEvent[] {
    if (this.current !== null && event.rev <= this.current) return [];
    this.early.set(event.rev, event);
    this.expect(event.rev);
    return this.release();
  }

  /** Notes that `rev` is committed, wherever that was learnt: an event that never arrives is missed even if it is last. */
  expect(rev: number): void {
    if (rev > this.highestKnown) this.highestKnown = rev;
  }

  private release(): readonly DurableEvent[] {
    const ready: DurableEvent[] = [];
    while (this.current !== null) {
      const next = this.early.get(this.current + 1);
      if (next === undefined) break;
      this.early.delete(next.rev);
      this.current = next.rev;
      ready.push(next);
    }
    return ready;
  }
}
