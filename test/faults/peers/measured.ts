/** Asks the server what it holds. */
export interface Look {
  readonly id: number;
}

/** What the server holds behind a collection; bytes where nothing else is said. */
export interface Measured {
  readonly id: number;
  readonly rss: number;
  readonly heapUsed: number;
  /** As GET /ws/stats tells them. */
  readonly queuedBytes: { readonly total: number; readonly max: number };
  readonly totalConnections: number;
  /** Sockets that the server has closed, by the name of the close code. */
  readonly closes: Readonly<Record<string, number>>;
}
