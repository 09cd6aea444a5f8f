/** Bounds of the sockets, from the settings. 0 = off. */
export interface SocketLimits {
  /** Frames of one socket, on average. */
  readonly framesPerSecond: number;
  /** Live or joining sockets of one user on this node. */
  readonly socketsPerUser: number;
  /** Bytes queued for one socket before it counts as too slow. */
  readonly maxQueuedBytes: number;
  /** How long queued bytes may wait before their socket counts as too slow. */
  readonly slowReaderMs: number;
  /** From the upgrade until the socket must be live. */
  readonly authenticateMs: number;
  /** Sockets of this node that have not authenticated yet. */
  readonly maxUnauthenticated: number;
  /** Objects that one resume replays, and that are read at once to make up for lost events. */
  readonly resumeMaxItems: number;
  /** Chats that an inbox socket is sent the events of, and of which it is told only that they changed; tests have few. */
  readonly inbox?: { readonly loud: number; readonly quiet: number };
  /** Between two comparisons with the store; 0 = every five seconds, and without telling the sockets. */
  readonly heartbeatMs: number;
}
