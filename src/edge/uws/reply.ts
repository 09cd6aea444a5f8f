import { STATUS_CODES } from 'node:http';
import type { HttpResponse } from 'uWebSockets.js';
import type { EdgeAnswer } from '../answer.js';
import type { Reply } from './koa-pair.js';

/** Up to here a body is copied into the native buffer at once; a larger one leaves as the client takes it. */
const COPY_BYTES = 64 * 1024;

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

  write(res: HttpResponse): void {
    if (this.first !== '') res.writeHeader(this.first, this.tail);
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
export function wireReply(reply: Reply): WireReply {
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

/**
 * Writes a whole reply; call it corked. `done` is called when the native side has all of it, which for a large body and
 * a slow reader is later. `closeAfter`: the connection ends with this reply.
 */
export function writeReply(
  res: HttpResponse,
  method: string,
  reply: WireReply,
  closeAfter: boolean,
  done: () => void,
): void {
  res.writeStatus(reply.statusLine);
  reply.headers.write(res);
  const bodiless = reply.status === 204 || reply.status === 304;
  if (method === 'HEAD' || bodiless) {
    if (closeAfter) res.writeHeader('connection', 'close');
    if (!bodiless && reply.contentLength !== null) res.writeHeader('content-length', reply.contentLength);
    // With a number the native side would write a second content-length.
    res.endWithoutBody();
    done();
  } else if (isSmall(reply.body)) {
    res.end(reply.body, closeAfter);
    done();
  } else {
    if (closeAfter) res.writeHeader('connection', 'close');
    writeLarge(res, typeof reply.body === 'string' ? Buffer.from(reply.body) : reply.body, done);
  }
}

/**
 * Sends a whole answer of the edge while the native side still takes it for pending, so that the connection can be
 * closed later than the answer is sent: its own `end` would close at once, or after 10 s, and nothing in between. The
 * body goes out as the tail of the last header; the line break that ends a header ends the JSON text.
 */
export function writePending(res: HttpResponse, method: string, answer: EdgeAnswer): void {
  res.writeStatus(answer.statusLine);
  for (const [name, value] of answer.headers) res.writeHeader(name, value);
  res.writeHeader('connection', 'close');
  res.writeHeader('date', new Date().toUTCString());
  const length = String(answer.body.byteLength + 2);
  res.writeHeader('content-length', method === 'HEAD' ? `${length}\r\n` : `${length}\r\n\r\n${answer.body.toString()}`);
}

function isSmall(body: Buffer | string): boolean {
  // A UTF-16 unit is at most three bytes of UTF-8: the length of a short text need not be counted.
  return (typeof body === 'string' && body.length * 3 <= COPY_BYTES) || Buffer.byteLength(body) <= COPY_BYTES;
}

function writeLarge(res: HttpResponse, body: Buffer, done: () => void): void {
  const total = body.byteLength;
  const [, responded] = res.tryEnd(body, total);
  if (responded) {
    done();
    return;
  }
  res.onWritable((offset) => {
    const [ok, finished] = res.tryEnd(body.subarray(offset), total);
    if (finished) done();
    return ok;
  });
}
