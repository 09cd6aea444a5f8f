import type { ErrorCode } from '../protocol/error-codes.js';

/** Milliseconds a connection may stay silent before or between requests; uWebSockets.js has the same built in. */
export const IDLE_HTTP_MS = 10_000;

/** Milliseconds a peer has to answer a close frame. */
export const CLOSE_TIMEOUT_MS = 2_000;

/**
 * What to say when a handler is too slow. It goes on running, so nothing definite may be said of a request that
 * changes something: `indeterminate`, unless the method is safe (RFC 9110, 9.2.1).
 */
export function lateAnswerCode(method: string): ErrorCode {
  return method === 'GET' || method === 'HEAD' || method === 'OPTIONS' ? 'unavailable' : 'indeterminate';
}
