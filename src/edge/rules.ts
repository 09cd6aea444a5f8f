import type { ErrorCode } from '../protocol/error-codes.js';

/** Milliseconds a connection may stay silent before or between requests; uWebSockets.js has the same built in. */
export const IDLE_HTTP_MS = 10_000;

/** Bytes of bodies that may be on their way to all requests together; one request's own bound is maxBodyBytes. */
export const BODIES_BYTES = 32 * 1_048_576;

/** Milliseconds a peer has to answer a close frame. */
export const CLOSE_TIMEOUT_MS = 2_000;

/**
 * What to say when a handler is too slow. It goes on running, so nothing definite may be said of a request that
 * changes something: `indeterminate`, unless the method is safe (RFC 9110, 9.2.1).
 */
export function lateAnswerCode(method: string): ErrorCode {
  return method === 'GET' || method === 'HEAD' || method === 'OPTIONS' ? 'unavailable' : 'indeterminate';
}

/** Bytes that a frame of a server takes on the wire: its header (RFC 6455, 5.2; a server masks nothing) and its payload. */
export function frameBytes(payloadBytes: number): number {
  return payloadBytes + (payloadBytes < 126 ? 2 : payloadBytes < 65_536 ? 4 : 10);
}

/** A close frame has room for 123 bytes of text (RFC 6455, 5.5); a character is never cut in two. */
export function closeReason(reason: string): string {
  let text = reason;
  while (Buffer.byteLength(text) > 123) text = [...text].slice(0, -1).join('');
  return text;
}

let last = 0;

/** A number no other socket of this process has, whichever listener it came through. */
export function nextSocketId(): number {
  last += 1;
  return last;
}

/** Tells whoever runs the listener what went wrong inside it. `cause` is for a log that redacts, never for a client. */
export type Report = (message: string, cause?: unknown) => void;
