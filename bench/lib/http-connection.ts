import { connect, type Socket } from 'node:net';
import type { Endpoint } from './web-socket.js';

/** See web-socket.ts: one buffer for all reads. */
const READ_BUFFER = Buffer.allocUnsafeSlow(256 * 1024);
const HEAD_END = Buffer.from('\r\n\r\n');
const LENGTH_HEADER = /^content-length: *(\d+)/im;
const EMPTY = Buffer.alloc(0);

type Done = (error?: Error) => void;

/**
 * A keep-alive HTTP/1.1 connection for load, one request at a time. Of an answer it looks at the status and the length
 * and at nothing else; an answer without a Content-Length is an error.
 */
export class LoadConnection {
  private done: Done | null = null;
  private over: Error | null = null;
  private expected: number | null = 0;
  private status = 0;
  private head: Buffer = EMPTY;
  /** Bytes of the answer's body still to come; null while its head is incomplete. */
  private missing: number | null = null;

  private constructor(private readonly tcp: Socket) {}

  static open(endpoint: Endpoint): Promise<LoadConnection> {
    return new Promise((resolve, reject) => {
      const tcp = connect({
        ...endpoint,
        noDelay: true,
        onread: {
          buffer: READ_BUFFER,
          callback: (length) => {
            connection.read(length);
            return true;
          },
        },
      });
      const connection = new LoadConnection(tcp);
      tcp.once('error', reject);
      tcp.once('connect', () => {
        tcp.off('error', reject);
        tcp.on('error', (error) => connection.ended(error));
        tcp.on('close', () => connection.ended(new Error('the server closed the connection')));
        resolve(connection);
      });
    });
  }

  /**
   * Writes a prepared request; `done` hears when the whole answer is here, with an error for any other status than the
   * expected one, if there is one.
   */
  request(bytes: Buffer, expectedStatus: number | null, done: Done): void {
    if (this.over !== null) return done(this.over);
    this.done = done;
    this.expected = expectedStatus;
    this.tcp.write(bytes);
  }

  /** Writes a prepared request and answers with the status, whichever it is, once the whole answer is here. */
  statusOf(bytes: Buffer): Promise<number> {
    return new Promise((resolve, reject) => {
      this.request(bytes, null, (error) => (error === undefined ? resolve(this.status) : reject(error)));
    });
  }

  close(): void {
    this.done = null;
    this.tcp.destroy();
  }

  private read(length: number): void {
    const fresh = READ_BUFFER.subarray(0, length);
    if (this.missing !== null) {
      this.take(length);
      return;
    }
    const bytes = this.head.byteLength === 0 ? fresh : Buffer.concat([this.head, fresh]);
    const end = bytes.indexOf(HEAD_END);
    if (end < 0) {
      this.head = Buffer.from(bytes);
      return;
    }
    this.head = EMPTY;
    const head = bytes.toString('latin1', 0, end);
    this.status = Number(head.slice(9, 12));
    const found = LENGTH_HEADER.exec(head);
    if (found === null) {
      this.complete(new Error('an answer without a Content-Length'));
      return;
    }
    this.missing = Number(found[1]);
    this.take(bytes.byteLength - end - HEAD_END.byteLength);
  }

  private take(length: number): void {
    this.missing = (this.missing ?? 0) - length;
    if (this.missing > 0) return;
    this.missing = null;
    const ok = this.expected === null || this.status === this.expected;
    this.complete(ok ? undefined : new Error(`answered ${this.status} instead of ${this.expected}`));
  }

  private ended(error: Error): void {
    this.over ??= error;
    this.complete(this.over);
  }

  private complete(error?: Error): void {
    const { done } = this;
    this.done = null;
    done?.(error);
  }
}

export interface RequestParts {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly token?: string;
  readonly json?: string;
}

/** A whole request as bytes. */
export function requestBytes({ host, port }: Endpoint, { method, path, token, json }: RequestParts): Buffer {
  const body = Buffer.from(json ?? '', 'utf8');
  const lines = [`${method} ${path} HTTP/1.1`, `Host: ${host}:${port}`];
  if (token !== undefined) lines.push(`Authorization: Bearer ${token}`);
  if (json !== undefined) lines.push('Content-Type: application/json', `Content-Length: ${body.byteLength}`);
  return Buffer.concat([Buffer.from([...lines, '', ''].join('\r\n'), 'latin1'), body]);
}
