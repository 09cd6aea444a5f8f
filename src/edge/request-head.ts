import { METHODS } from 'node:http';
import type { ErrorCode } from '../protocol/error-codes.js';

/** Header lines as they came: names in lower case, in order, repeats kept. */
export type HeaderLines = readonly (readonly [name: string, value: string])[];

/** Lines out of the flat `rawHeaders` list of node:http. */
export function linesOfRawHeaders(rawHeaders: readonly string[]): HeaderLines {
  const lines: (readonly [string, string])[] = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    lines.push([(rawHeaders[i] ?? '').toLowerCase(), rawHeaders[i + 1] ?? '']);
  }
  return lines;
}

/** One value per name: repeats joined by ", " (RFC 9110, 5.3), cookies by "; " (RFC 6265, 5.4). */
export function joinHeaders(lines: HeaderLines): Record<string, string> {
  const joined = Object.create(null) as Record<string, string>;
  for (const [name, value] of lines) {
    const before = joined[name];
    joined[name] = before === undefined ? value : `${before}${name === 'cookie' ? '; ' : ', '}${value}`;
  }
  return joined;
}

/** Header lines of one request; the native parser of uWebSockets.js has room for about as many. */
const MAX_LINES = 98;

/** What of a head says where its request ends. */
export interface FramedHead {
  readonly method: string;
  readonly target: string;
  readonly lines: HeaderLines;
  readonly httpVersion: string;
}

/** How long the body is, or why the request is refused before a handler sees it. */
export type Framing =
  | { readonly ok: true; readonly contentLength: number | null; readonly chunked: boolean }
  | { readonly ok: false; readonly code: ErrorCode };

function refused(code: ErrorCode): Framing {
  return { ok: false, code };
}

/** What node:http parses; another method is none of HTTP's, or one that changes what the connection is. */
const METHOD_NAMES = new Set(METHODS.filter((method) => method !== 'CONNECT'));

/**
 * Judges a whole head: its request line, then its framing. The native parser takes any word for a method and any byte in
 * a target; node:http has a list of methods.
 */
export function judgeHead(head: FramedHead, maxBodyBytes: number): Framing {
  if (!METHOD_NAMES.has(head.method) || !/^[!-~]+$/.test(head.target)) return refused('bad_request');
  return judgeFraming(head.lines, head.httpVersion, maxBodyBytes);
}

/**
 * Judges what decides where a request ends. Anything that two HTTP parsers could read differently is refused
 * (request smuggling, RFC 9112, 6.3 and 11.2): another version of HTTP, no Host or more than one, a repeated or malformed
 * Content-Length, a transfer coding other than `chunked`, both at once, an expectation that nobody knows. A declared
 * length over the limit is `payload_too_large` at once.
 *
 * Only what a parser shows can be judged. What the native one hides is bounded by the exchange: no request is run before
 * the parser is through with the bytes behind it, and none behind a body in chunks (docs/adr/0017).
 */
export function judgeFraming(lines: HeaderLines, httpVersion: string, maxBodyBytes: number): Framing {
  if (lines.length > MAX_LINES) return refused('headers_too_large');
  if (httpVersion !== '1.1' && httpVersion !== '1.0') return refused('bad_request');
  let hosts = 0;
  const lengths: string[] = [];
  const codings: string[] = [];
  for (const [name, value] of lines) {
    if (name === 'host') hosts += 1;
    else if (name === 'content-length') lengths.push(value);
    else if (name === 'transfer-encoding') codings.push(value.trim().toLowerCase());
    else if (name === 'expect' && value.toLowerCase() !== '100-continue') return refused('bad_request');
  }
  if (hosts === 0 && httpVersion === '1.1') return refused('bad_request');
  if (hosts > 1 || lengths.length > 1 || codings.length > 1) return refused('bad_request');
  const [length] = lengths;
  const [coding] = codings;
  if (coding !== undefined) {
    if (coding !== 'chunked' || length !== undefined) return refused('bad_request');
    return { ok: true, contentLength: null, chunked: true };
  }
  if (length === undefined) return { ok: true, contentLength: null, chunked: false };
  if (!/^[0-9]{1,15}$/.test(length)) return refused('bad_request');
  if (Number(length) > maxBodyBytes) return refused('payload_too_large');
  return { ok: true, contentLength: Number(length), chunked: false };
}

/**
 * The path and query of a request target. Absolute form (`GET http://host/path`) must be understood by every server
 * (RFC 9112, 3.2.2); its authority says nothing that Host does not. Nothing is decoded.
 */
export function originForm(target: string): string {
  const authority = /^https?:\/\/[^/?#]*/i.exec(target);
  if (authority === null) return target;
  const rest = target.slice(authority[0].length);
  return rest.startsWith('/') ? rest : `/${rest}`;
}

/** Splits a target at its first `?`; the query comes without it. */
export function splitTarget(target: string): { readonly path: string; readonly query: string } {
  const mark = target.indexOf('?');
  return mark < 0 ? { path: target, query: '' } : { path: target.slice(0, mark), query: target.slice(mark + 1) };
}
