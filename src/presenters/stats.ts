import type { CloseName } from '../protocol/close-codes.js';
import type { SocketStatsResource } from '../protocol/resources.js';

/** What `GET /api/v1/ws/stats` answers. */
export function presentSocketStats(stats: {
  readonly onlineUsers: number;
  readonly totalConnections: number;
  readonly queuedBytes: { readonly total: number; readonly max: number };
  readonly closes: Readonly<Partial<Record<CloseName, number>>>;
  readonly gapFills: number;
}): SocketStatsResource {
  return {
    online_users: stats.onlineUsers,
    total_connections: stats.totalConnections,
    queued_bytes: { ...stats.queuedBytes },
    closes: { ...stats.closes },
    gap_fills: stats.gapFills,
  };
}
