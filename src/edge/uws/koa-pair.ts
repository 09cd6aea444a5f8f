import { EventEmitter } from 'node:events';
import { IncomingMessage, ServerResponse, type OutgoingHttpHeader, type OutgoingHttpHeaders } from 'node:http';
import type { Socket as TcpSocket } from 'node:net';
import type { BufferedRequest } from '../../ports/listener.js';
import { HeaderFields, type HeaderValue } from './header-fields.js';
import type { RequestHead } from './request.js';

/** What a handler answered, whole. */
export interface KoaReply {
  readonly status: number;
  readonly statusMessage: string | undefined;
  readonly headers: HeaderFields;
  /** Text where the handler gave it in one piece: the native side encodes it in passing. */
  readonly body: Buffer | string;
}

type Done = (error?: Error | null) => void;
type HeaderList = OutgoingHttpHeaders | OutgoingHttpHeader[];

/** What handlers read of a connection; it carries no bytes. A real socket here would cost more than all the rest. */
class PeerSocket extends EventEmitter {
  readonly readable = true;
  writable = true;
  destroyed = false;

  constructor(readonly remoteAddress: string) {
    super();
  }

  destroy(): this {
    this.writable = false;
    this.destroyed = true;
    return this;
  }
}

/** A request whose body is already there, in the shape that Koa and its middleware read. */
export class BridgedRequest extends IncomingMessage implements BufferedRequest {
  private unread: Buffer | null;

  constructor(
    head: RequestHead,
    readonly wholeBody: Buffer | null,
  ) {
    super(new PeerSocket(head.peerAddress) as unknown as TcpSocket);
    this.method = head.method;
    this.url = head.target;
    this.httpVersion = '1.1';
    this.httpVersionMajor = 1;
    this.httpVersionMinor = 1;
    this.rawHeaders = head.rawHeaders;
    this.headers = { ...head.headers };
    this.complete = true;
    this.unread = wholeBody;
  }

  override _read(): void {
    if (this.unread !== null && this.unread.byteLength > 0) this.push(this.unread);
    this.unread = null;
    this.push(null);
  }

  /** The client is gone, or the answer is given: nothing below this object has to be torn down. */
  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.socket.destroy();
    callback(error);
  }
}

/**
 * A response that keeps what is written to it and hands it over as one piece at `end`. `finish` and `close` are emitted
 * when the transport says what became of it: a stop that waits for them waits for the client to be served.
 */
export class BridgedResponse extends ServerResponse {
  private readonly fields = new HeaderFields();
  private readonly chunks: (Buffer | string)[] = [];
  private begun = false;
  private sent = false;

  /** `finish` hears the reply, or null when the handler destroyed the response. Called once. */
  constructor(
    request: BridgedRequest,
    private readonly finish: (reply: KoaReply | null) => void,
  ) {
    super(request);
  }

  /** Behind `headersSent`: true from the first write on. */
  get headBegun(): boolean {
    return this.begun;
  }

  /** Behind `writableFinished`: the transport has all of the reply. */
  get delivered(): boolean {
    return this.sent;
  }

  override setHeader(name: string, value: HeaderValue): this {
    this.fields.set(name, value);
    return this;
  }

  override appendHeader(name: string, value: string | readonly string[]): this {
    this.fields.append(name, value);
    return this;
  }

  override getHeader(name: string): number | string | string[] | undefined {
    return this.fields.get(name) as number | string | string[] | undefined;
  }

  override hasHeader(name: string): boolean {
    return this.fields.has(name);
  }

  override removeHeader(name: string): void {
    this.fields.remove(name);
  }

  override getHeaderNames(): string[] {
    return [...this.fields.names];
  }

  override getHeaders(): OutgoingHttpHeaders {
    const { names, values } = this.fields;
    return Object.fromEntries(names.map((name, at) => [name, values[at]])) as OutgoingHttpHeaders;
  }

  override writeHead(status: number, messageOrHeaders?: string | HeaderList, headers?: HeaderList): this {
    this.statusCode = status;
    if (typeof messageOrHeaders === 'string') this.statusMessage = messageOrHeaders;
    const given = typeof messageOrHeaders === 'string' ? headers : (messageOrHeaders ?? headers);
    for (const [name, value] of headerEntries(given)) if (value !== undefined) this.setHeader(name, value);
    this.begun = true;
    return this;
  }

  override flushHeaders(): void {
    this.begun = true;
  }

  override write(chunk: unknown, encodingOrDone?: BufferEncoding | Done, done?: Done): boolean {
    if (this.finished || this.destroyed) return false;
    this.begun = true;
    this.keep(chunk, encodingOrDone);
    callLater(encodingOrDone, done);
    return true;
  }

  override end(chunk?: unknown, encodingOrDone?: BufferEncoding | Done, done?: Done): this {
    if (this.finished || this.destroyed) return this;
    if (chunk !== undefined && chunk !== null && typeof chunk !== 'function') this.keep(chunk, encodingOrDone);
    this.begun = true;
    this.finished = true;
    const body = wholeOf(this.chunks);
    // What waits for its peer is kept by the transport, once.
    this.chunks.length = 0;
    this.finish({ status: this.statusCode, statusMessage: this.statusMessage, headers: this.fields, body });
    callLater(typeof chunk === 'function' ? chunk : encodingOrDone, done);
    return this;
  }

  override destroy(): this {
    if (this.destroyed || this.finished) return this;
    this.cut();
    this.finish(null);
    return this;
  }

  /** The transport has taken the whole reply. */
  deliver(): void {
    if (this.sent || this.destroyed) return;
    this.sent = true;
    process.nextTick(() => {
      this.emit('finish');
      this.emit('close');
    });
  }

  /** Nobody waits any more: the client is gone or has been answered by the edge. */
  cut(): void {
    if (this.sent || this.destroyed) return;
    this.destroyed = true;
    process.nextTick(() => this.emit('close'));
  }

  private keep(chunk: unknown, encoding: unknown): void {
    if (typeof chunk === 'string') {
      const isUtf8 = typeof encoding !== 'string' || encoding === 'utf8' || encoding === 'utf-8';
      this.chunks.push(isUtf8 ? chunk : Buffer.from(chunk, encoding as BufferEncoding));
    } else if (chunk instanceof Uint8Array) {
      this.chunks.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    } else {
      throw new TypeError('A response body must be text or bytes');
    }
  }
}

// The base class declares properties, so TypeScript allows no accessors of these names in the class body.
Object.defineProperties(BridgedResponse.prototype, {
  headersSent: {
    configurable: true,
    get(this: BridgedResponse): boolean {
      return this.headBegun;
    },
  },
  writableFinished: {
    configurable: true,
    get(this: BridgedResponse): boolean {
      return this.delivered;
    },
  },
});

function wholeOf(chunks: readonly (Buffer | string)[]): Buffer | string {
  const [only = ''] = chunks;
  if (chunks.length <= 1) return only;
  return Buffer.concat(chunks.map((chunk) => (typeof chunk === 'string' ? Buffer.from(chunk) : chunk)));
}

function callLater(first: unknown, second: Done | undefined): void {
  const done = typeof first === 'function' ? (first as Done) : second;
  if (done !== undefined) process.nextTick(done);
}

function headerEntries(headers: HeaderList | undefined): [string, OutgoingHttpHeader | undefined][] {
  if (headers === undefined) return [];
  if (!Array.isArray(headers)) return Object.entries(headers);
  const entries: [string, OutgoingHttpHeader | undefined][] = [];
  for (let i = 0; i + 1 < headers.length; i += 2) entries.push([String(headers[i]), headers[i + 1]]);
  return entries;
}
