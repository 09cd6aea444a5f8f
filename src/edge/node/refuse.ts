import type { Duplex } from 'node:stream';
import type { ErrorCode } from '../../protocol/error-codes.js';
import { rawAnswer } from '../answer.js';

/** Milliseconds for a refused client to read why and to close. */
const LINGER_MS = 1_000;

/**
 * Answers on a connection that node:http has no response for, and ends it. What the client still sends is thrown away,
 * because unread bytes would reset the connection under the answer; a client that stays is cut.
 */
export function refuseConnection(tcp: Duplex, code: ErrorCode): void {
  tcp.end(rawAnswer(code));
  tcp.resume();
  const timer = setTimeout(() => tcp.destroy(), LINGER_MS);
  tcp.once('end', () => tcp.destroy()).once('close', () => clearTimeout(timer));
}
