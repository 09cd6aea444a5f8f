/** What a close code tells a client to do next. */
export interface CloseInfo {
  readonly code: number;
  readonly reason: string;
  /** True: connect again (with backoff); false: something must change first. */
  readonly reconnect: boolean;
}

/**
 * The one registry of WebSocket close codes that Parley itself sends; docs/PROTOCOL.md lists every one.
 * A client treats 1006 (no close frame seen) like 4408: reconnect and read on.
 */
export const CLOSE_CODES = {
  normal: { code: 1000, reason: 'Normal closure', reconnect: false },
  too_large: { code: 1009, reason: 'Frame too large', reconnect: false },
  restart: { code: 1012, reason: 'Server restart', reconnect: true },
  internal: { code: 1011, reason: 'Internal error', reconnect: true },
  bad_request: { code: 4400, reason: 'Malformed since_rev or epoch', reconnect: false },
  unauthenticated: { code: 4001, reason: 'Authentication failed', reconnect: false },
  no_access: { code: 4003, reason: 'Access denied to chat', reconnect: false },
  token_expired: { code: 4401, reason: 'Token expired', reconnect: true },
  slow_reader: { code: 4408, reason: 'Reading too slowly', reconnect: true },
  too_many: { code: 4429, reason: 'Too many frames or sockets', reconnect: true },
} as const satisfies Record<string, CloseInfo>;

export type CloseName = keyof typeof CLOSE_CODES;
