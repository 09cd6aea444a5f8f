import type { CloseName } from '../protocol/close-codes.js';

/** Figures of this node's sockets, counts only. */
export interface SocketStats {
  /** A user with several sockets counts once. */
  readonly onlineUsers: number;
  /** Live sockets. */
  readonly totalConnections: number;
  /** Bytes that wait for their readers: of all sockets, and of the one that is furthest behind. */
  readonly queuedBytes: { readonly total: number; readonly max: number };
  /** Sockets that the server has closed since its start, by reason. */
  readonly closes: Readonly<Partial<Record<CloseName, number>>>;
  /** How often events that were lost on their way were read from the store. */
  readonly gapFills: number;
}

/** Who has a live socket. The figures are this node's; who is online is asked of all nodes. */
export interface Presence {
  stats(): SocketStats;
  /** User ids with at least one live socket on the chat, ascending. */
  onlineIn(chatId: number): Promise<readonly number[]>;
}
