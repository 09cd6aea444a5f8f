import type { Presence } from '../ports/presence.js';
import type { Census } from './census.js';
import type { Hub } from './hub/index.js';

/** The figures of this node's sockets. Queues are looked at when somebody asks: 10,000 of them take about a millisecond. */
export function presenceOf(
  hub: Hub,
  census: Census,
  connections: Iterable<{ readonly queuedBytes: number }>,
): Presence {
  return {
    stats() {
      let total = 0;
      let max = 0;
      for (const { queuedBytes } of connections) {
        total += queuedBytes;
        max = Math.max(max, queuedBytes);
      }
      const { onlineUsers, totalConnections, closes } = census;
      return {
        onlineUsers,
        totalConnections,
        queuedBytes: { total, max },
        closes: { ...closes },
        gapFills: hub.gapFills,
      };
    },
    onlineIn: (chatId) => hub.onlineIn(chatId),
  };
}
