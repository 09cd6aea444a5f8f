import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import { ERROR_CODES, type ErrorCode } from '../protocol/error-codes.js';

/** A whole answer the edge gives by itself, because the request never reaches, or never leaves, the handler. */
export interface EdgeAnswer {
  readonly status: number;
  /** As the status line shows it, such as "413 Payload Too Large". */
  readonly statusLine: string;
  /** Without `content-length` and `connection`: those belong to the transport. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
}

/**
 * The problem document of an error code, in the shape every other error of the API has. Nothing of the request is in
 * it: what the edge refuses is untrusted down to its path.
 */
export function edgeAnswer(code: ErrorCode): EdgeAnswer {
  const { status, title, detail } = ERROR_CODES[code];
  const instance = `urn:uuid:${randomUUID()}`;
  const body = Buffer.from(JSON.stringify({ type: 'about:blank', title, status, detail, code, instance }));
  const headers: (readonly [string, string])[] = [
    ['content-type', 'application/problem+json; charset=utf-8'],
    ['cache-control', 'no-store'],
    ['content-security-policy', "default-src 'none'; frame-ancestors 'none'"],
    ['referrer-policy', 'no-referrer'],
    ['x-content-type-options', 'nosniff'],
    ['x-frame-options', 'DENY'],
  ];
  // RFC 6455, 4.4: a server that refuses a version names the one it speaks.
  if (code === 'upgrade_required') headers.push(['sec-websocket-version', '13'], ['upgrade', 'websocket']);
  return { status, statusLine: `${String(status)} ${STATUS_CODES[status] ?? title}`, headers, body };
}

/** The same answer as bytes for a connection that has no response object; the connection ends after it. */
export function rawAnswer(code: ErrorCode): Buffer {
  const answer = edgeAnswer(code);
  const lines = [
    `HTTP/1.1 ${answer.statusLine}`,
    ...answer.headers.map(([name, value]) => `${name}: ${value}`),
    `content-length: ${String(answer.body.byteLength)}`,
    'connection: close',
    '',
    '',
  ];
  return Buffer.concat([Buffer.from(lines.join('\r\n'), 'latin1'), answer.body]);
}
