import type { ReadEvent } from '../../domain/events.js';
import type { Clock } from '../../ports/clock.js';
import type { Publish } from './publisher.js';

export interface ReadEvents {
  /** Tells how far someone has read: at once, or together with what follows within the second. */
  note(event: ReadEvent): void;
  /** Publishes what is due; called by a timer. */
  sweep(): void;
  /** Publishes what still waits. */
  stop(): void;
}

/** A participant who scrolls marks every message; others need to know where they are about once in this time. */
const WINDOW_MS = 1_000;

interface Entry {
  /** When the next event may be published, by the monotonic clock. */
  readonly due: number;
  readonly published: number;
  readonly waiting: ReadEvent | null;
}

/**
 * At most one `read` event per participant and second, the furthest mark wins. Entries are in the order of `due`, because
 * each is put last when it is published, so one timer for the first serves all; a participant is forgotten after a
 * second in which they read nothing.
 */
export function createReadEvents({ publish, clock }: { readonly publish: Publish; readonly clock: Clock }): ReadEvents {
  const entries = new Map<string, Entry>();
  let timer: NodeJS.Timeout | null = null;

  function tell(key: string, event: ReadEvent): void {
    entries.delete(key);
    entries.set(key, { due: clock.monotonic() + WINDOW_MS, published: event.lastReadSeq, waiting: null });
    publish([event]);
  }

  function sweep(): void {
    const now = clock.monotonic();
    for (const [key, { due, waiting }] of entries) {
      // Those that are told below are put last, due later than now.
      if (due > now) break;
      if (waiting === null) entries.delete(key);
      else tell(key, waiting);
    }
    arm(now);
  }

  function arm(now: number): void {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    const [first] = entries.values();
    if (first !== undefined) timer = setTimeout(sweep, Math.max(1, first.due - now)).unref();
  }

  return {
    note(event) {
      const key = `${event.chatId}:${event.userId}`;
      // The timer may be late.
      if ((entries.get(key)?.due ?? Infinity) <= clock.monotonic()) sweep();
      const entry = entries.get(key);
      if (entry === undefined) {
        tell(key, event);
        if (timer === null) arm(clock.monotonic());
        return;
      }
      // Two devices may be answered in another order than their marks were stored.
      const furthest = entry.waiting?.lastReadSeq ?? entry.published;
      if (event.lastReadSeq > furthest) entries.set(key, { ...entry, waiting: event });
    },
    sweep,
    stop() {
      if (timer !== null) clearTimeout(timer);
      timer = null;
      const left = [...entries.values()].flatMap(({ waiting }) => waiting ?? []);
      entries.clear();
      publish(left);
    },
  };
}
