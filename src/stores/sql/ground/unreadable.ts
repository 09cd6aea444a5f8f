import type { Clock } from '../../../ports/clock.js';
import type { Logger } from '../../../ports/logger.js';
import type { UnreadableBodies } from '../../../ports/unreadable-bodies.js';

const AGAIN_MS = 3_600_000;
const REMEMBERED = 10_000;
/** When a whole store is gone, every page is full of them: the log says so, and not of each. */
const LINES_PER_MINUTE = 20;
const MINUTE_MS = 60_000;

/** In memory, so counting begins anew with the process. */
export function createUnreadableBodies(deps: {
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'warn'>;
}): UnreadableBodies {
  /** When each message was last logged, or would have been; the longest ago first. */
  const seen = new Map<number, number>();
  let reads = 0;
  let minute = { began: Number.NEGATIVE_INFINITY, lines: 0 };
  let unlogged = 0;

  function log(facts: object, now: number): void {
    if (now - minute.began >= MINUTE_MS) minute = { began: now, lines: 0 };
    if (minute.lines >= LINES_PER_MINUTE) {
      unlogged += 1;
      return;
    }
    minute.lines += 1;
    deps.logger.warn(unlogged === 0 ? facts : { ...facts, unlogged }, 'the body of a message cannot be read');
    unlogged = 0;
  }

  return {
    note(message) {
      reads += 1;
      const now = deps.clock.monotonic();
      if (now - (seen.get(message.messageId) ?? Number.NEGATIVE_INFINITY) < AGAIN_MS) return;
      seen.delete(message.messageId);
      seen.set(message.messageId, now);
      const [longestAgo] = seen.keys();
      if (seen.size > REMEMBERED && longestAgo !== undefined) seen.delete(longestAgo);
      log(message, now);
    },
    figures: () => ({ reads, messages: seen.size }),
  };
}
