import { STATUS_CODES } from 'node:http';
import { ERROR_CODES, type ErrorCode } from '../protocol/error-codes.js';
import type { ProblemResource } from '../protocol/resources.js';

/** A whole answer the edge gives by itself, because the request never reaches, or never leaves, the handler. */
export interface EdgeAnswer {
  readonly status: number;
  /** As the status line shows it, such as "413 Payload Too Large". */
  readonly statusLine: string;
  /** Without `content-length` and `connection`: those belong to the transport. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
}

/** Stands for every path: what the edge refuses has met no route, and the path itself is the client's text. */
const NO_ROUTE = '/*';

/** The same protection as every answer of the HTTP side has. */
const SAFE_HEADERS: EdgeAnswer['headers'] = [
  ['content-type', 'application/problem+json'],
  ['cache-control', 'no-store'],
  ['content-security-policy', "default-src 'none';frame-ancestors 'none'"],
  ['cross-origin-resource-policy', 'same-origin'],
  ['referrer-policy', 'no-referrer'],
  ['x-content-type-options', 'nosniff'],
  ['x-frame-options', 'DENY'],
];

/**
 * The problem document of an error code, in the shape every other error of the API has. Nothing of the request is in
 * it: what the edge refuses is untrusted down to its path.
 */
export function edgeAnswer(code: ErrorCode): EdgeAnswer {
  const { status, title, detail } = ERROR_CODES[code];
  const problem: ProblemResource = {
    type: `urn:parley:problem:${code}`,
    title,
    status,
    detail,
    code,
    instance: NO_ROUTE,
  };
  const headers = [...SAFE_HEADERS];
  // RFC 6455, 4.4: a server that refuses a version names the one it speaks.
  if (code === 'upgrade_required') headers.push(['sec-websocket-version', '13'], ['upgrade', 'websocket']);
  return {
    status,
    statusLine: `${String(status)} ${STATUS_CODES[status] ?? title}`,
    headers,
    body: Buffer.from(JSON.stringify(problem)),
  };
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
