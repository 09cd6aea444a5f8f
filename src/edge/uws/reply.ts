import { STATUS_CODES } from 'node:http';
import type { HttpResponse } from 'uWebSockets.js';
import type { EdgeAnswer } from '../answer.js';
import type { KoaReply } from './koa-pair.js';

/** Up to here a body is copied into the native buffer at once; a larger one leaves as the client takes it. */
const COPY_BYTES = 64 * 1024;

/** A status line with its date and length, for what is counted: about as long as it gets. */
const STATUS_BYTES = 160;

/** Set by the native side, or decided per connection. */
const OWN_HEADERS = new Set(['connection', 'content-length', 'date', 'keep-alive', 'transfer-encoding']);

/** Header lines for one native call: the later ones go as the tail of the first one's value, which holds no line break. */
class HeaderText {
  private first = '';
  private tail = '';

  add(name: string, value: string | number): void {
    if (this.first !== '') {
      this.tail += `\r\n${name}: ${value}`;
      return;
    }
    this.first = name;
    this.tail = String(value);
  }

  /** `before`: text that stands in front of the first line. */
  write(res: HttpResponse, before = ''): void {
    if (this.first !== '') res.writeHeader(before + this.first, this.tail);
    else if (before !== '') res.writeHeader(`${before}vary`, 'Origin');
  }

  get length(): number {
    return this.first.length + this.tail.length;
  }
}

/** A status line, header lines and a body, ready for the wire. */
export interface WireReply {
  readonly status: number;
  readonly statusLine: string;
  readonly headers: HeaderText;
  readonly body: Buffer | string;
  /** What a HEAD answer says of the body it leaves out; null: nothing. */
  readonly contentLength: string | null;
  /** The handler wants the connection closed. */
  readonly close: boolean;
}

/** A handler's reply for the wire. */
export function wireReply(reply: KoaReply): WireReply {
  const { names, values } = reply.headers;
  const headers = new HeaderText();
  let contentLength: string | null = null;
  let close = false;
  for (let at = 0; at < names.length; at += 1) {
    const name = names[at] ?? '';
    const value = values[at] ?? '';
    if (OWN_HEADERS.has(name)) {
      if (name === 'content-length') contentLength = String(value);
      if (name === 'connection') close = String(value).toLowerCase() === 'close';
    } else if (typeof value === 'object') {
      for (const one of value) headers.add(name, one);
    } else {
      headers.add(name, value);
    }
  }
  const standard = STATUS_CODES[reply.status] ?? '';
  const given = reply.statusMessage ?? standard;
  // A line break here would end the status line; node:http refuses it too.
  const message = given === standard || /^[\t -~]*$/.test(given) ? given : standard;
  return {
    status: reply.status,
    statusLine: `${String(reply.status)} ${message}`,
    headers,
    body: reply.body,
    contentLength,
    close,
  };
}

/** An answer of the edge itself for the wire. */
export function wireAnswer(answer: EdgeAnswer): WireReply {
  const { status, statusLine, body } = answer;
  const headers = new HeaderText();
  for (const [name, value] of answer.headers) headers.add(name, value);
  return { status, statusLine, headers, body, contentLength: String(body.byteLength), close: false };
}

/** True where the answer ends with its head. */
export function isBodiless(method: string, status: number): boolean {
  return method === 'HEAD' || status === 204 || status === 304;
}

/** True where the native side may have all of it at once. */
export function isSmall(body: Buffer | string): boolean {
  // A UTF-16 unit is at most three bytes of UTF-8: the length of a short text need not be counted.
  return (typeof body === 'string' && body.length * 3 <= COPY_BYTES) || Buffer.byteLength(body) <= COPY_BYTES;
}

/** About how many bytes a reply is on the wire. */
export function sizeOf(method: string, reply: WireReply): number {
  const head = STATUS_BYTES + reply.headers.length;
  return isBodiless(method, reply.status) ? head : head + Buffer.byteLength(reply.body);
}

/**
 * Tells a client that it may send its body. The native side does so by itself where `Expect` is in lower case. Its next
 * status line is then no longer written: {@link writeHead} puts it in front of the first header.
 */
export function writeContinue(res: HttpResponse): void {
  res.writeStatus('100 Continue\r\n');
}

/** The status line and the header lines that are the reply's own; call it corked. `continued`: see writeContinue. */
export function writeHead(res: HttpResponse, reply: WireReply, continued: boolean): void {
  if (continued) {
    reply.headers.write(res, `HTTP/1.1 ${reply.statusLine}\r\n`);
    return;
  }
  res.writeStatus(reply.statusLine);
  reply.headers.write(res);
}

/** The rest of a small reply, ended; call it corked. `closes`: the native side ends the connection with it. */
export function endSmall(res: HttpResponse, method: string, reply: WireReply, closes: boolean): void {
  if (!isBodiless(method, reply.status)) {
    res.end(reply.body, closes);
    return;
  }
  if (reply.status !== 204 && reply.status !== 304 && reply.contentLength !== null) {
    res.writeHeader('content-length', reply.contentLength);
  }
  // With a number the native side would write a second content-length.
  res.endWithoutBody();
}

/**
 * The rest of an answer that ends the connection, sent while the native side still takes it for pending, so that the
 * connection can be closed later than the answer is sent: its own `end` would close at once, or after 10 s, and nothing
 * in between. Whatever comes behind it is not run, because the native side drops a connection whose answer is pending.
 * The head ends with an empty line in the tail of its last header; a body is followed by the line break that ends a
 * header, which ends the text of a problem document. Call it corked.
 */
export function writeLast(res: HttpResponse, method: string, reply: WireReply): void {
  res.writeHeader('connection', 'close');
  const date = new Date().toUTCString();
  if (reply.status === 204 || reply.status === 304) {
    res.writeHeader('date', `${date}\r\n`);
    return;
  }
  res.writeHeader('date', date);
  const length = reply.body.length === 0 ? 0 : Buffer.byteLength(reply.body) + 2;
  if (method === 'HEAD') res.writeHeader('content-length', `${reply.contentLength ?? String(length)}\r\n`);
  else if (length === 0) res.writeHeader('content-length', '0\r\n');
  else res.writeHeader('content-length', `${String(length)}\r\n\r\n${reply.body.toString()}`);
}
