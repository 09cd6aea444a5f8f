import { toTicks } from '../ticker.js';

/**
 * How often a list of chats is compared with the store, because an event about it may get lost: one keyed statement per
 * inbox socket and minute.
 */
const COMPARE_TICKS = toTicks(60_000);
/** After a failure it is compared this soon; then twice as late each time, so that a store in trouble is not asked more. */
const RETRY_TICKS = toTicks(2_000);

/** When an inbox socket's list is compared with the store next. */
export class InboxTimer {
  private left = COMPARE_TICKS;
  private retry = RETRY_TICKS;

  /** To be called once per tick. True: now. */
  tick(): boolean {
    this.left -= 1;
    if (this.left > 0) return false;
    this.left = COMPARE_TICKS;
    return true;
  }

  /** Something of the list could not be read: it is looked at again soon. */
  failed(): void {
    if (this.left <= this.retry) return;
    this.left = this.retry;
    this.retry = Math.min(COMPARE_TICKS, this.retry * 2);
  }

  /** The store answers again. */
  succeeded(): void {
    this.retry = RETRY_TICKS;
  }
}
