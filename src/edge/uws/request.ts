import type { HttpRequest, HttpResponse } from 'uWebSockets.js';
import { addressOfBytes } from '../peer-address.js';
import type { HeaderLines } from '../request-head.js';
import { joinHeaders } from '../request-head.js';

/** A request's head, copied: uWebSockets.js takes its own strings back when the handler returns. */
export interface RequestHead {
  readonly method: string;
  readonly path: string;
  /** Without `?`. */
  readonly query: string;
  /** Path and query as sent. */
  readonly target: string;
  readonly lines: HeaderLines;
  /** The same lines as node:http lists them: name, value, name, value. */
  readonly rawHeaders: string[];
  readonly headers: Readonly<Record<string, string>>;
  readonly peerAddress: string;
}

/** Copies everything a request will ever be asked for; only valid inside the native handler. */
export function readRequestHead(res: HttpResponse, req: HttpRequest): RequestHead {
  const lines: (readonly [string, string])[] = [];
  const rawHeaders: string[] = [];
  req.forEach((name, text) => {
    const value = latin1(text);
    lines.push([name, value]);
    rawHeaders.push(name, value);
  });
  const path = req.getUrl();
  // The type package leaves it out: no `?` at all gives undefined.
  const query = req.getQuery() as string | undefined;
  return {
    method: req.getCaseSensitiveMethod(),
    path,
    query: query ?? '',
    target: query === undefined ? path : `${path}?${query}`,
    lines,
    rawHeaders,
    headers: joinHeaders(lines),
    peerAddress: addressOfBytes(new Uint8Array(res.getRemoteAddress())),
  };
}

/** Header bytes are bytes: node:http shows them as Latin-1, the native side reads UTF-8. What is none was not kept. */
function latin1(text: string): string {
  return /^[\0-\x7f]*$/.test(text) ? text : Buffer.from(text).toString('latin1');
}
