import { connect, type Socket } from 'node:net';

export interface RawResponse {
  readonly status: number;
  /** Names in lower case; the values of repeated headers in order. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
  readonly body: Buffer;
}

const WAIT_MS = 10_000;

/** One TCP connection that sends bytes as given and reads HTTP answers one by one: nothing is repaired on the way. */
export class RawClient {
  private received = Buffer.alloc(0);
  private ended = false;
  private failure: NodeJS.ErrnoException | null = null;
  private wake: () => void = () => undefined;

  private constructor(readonly socket: Socket) {
    socket.on('data', (chunk) => {
      this.received = Buffer.concat([this.received, chunk]);
      this.wake();
    });
    socket.on('error', (error) => (this.failure = error));
    socket.on('close', () => {
      this.ended = true;
      this.wake();
    });
  }

  static open(port: number, host = '127.0.0.1'): Promise<RawClient> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host, noDelay: true });
      const client = new RawClient(socket);
      socket.once('connect', () => resolve(client));
      socket.once('error', reject);
    });
  }

  write(data: string | Uint8Array): this {
    this.socket.write(data);
    return this;
  }

  /** Bytes received and not yet taken. */
  get pending(): Buffer {
    return this.received;
  }

  get closed(): boolean {
    return this.ended;
  }

  /** The next whole answer; `head`: it is to a HEAD request and has no body. */
  async response(options: { readonly head?: boolean } = {}): Promise<RawResponse> {
    await this.until(() => this.received.includes('\r\n\r\n'), 'the head of an answer');
    const end = this.received.indexOf('\r\n\r\n');
    const [statusLine = '', ...lines] = this.take(end + 4)
      .toString('latin1')
      .trimEnd()
      .split('\r\n');
    const headers = new Map<string, string[]>();
    for (const line of lines) {
      const colon = line.indexOf(':');
      const name = line.slice(0, colon).toLowerCase();
      headers.set(name, [...(headers.get(name) ?? []), line.slice(colon + 1).trim()]);
    }
    const status = Number(statusLine.split(' ')[1]);
    const body = options.head === true || status < 200 ? Buffer.alloc(0) : await this.body(status, headers);
    return { status, headers, body };
  }

  /** `bytes` of what follows, whatever it is. */
  async bytes(count: number): Promise<Buffer> {
    await this.until(() => this.received.byteLength >= count, `${count} bytes`);
    return this.take(count);
  }

  /** Resolves when the peer has closed or cut the connection. */
  async end(): Promise<void> {
    await this.until(() => this.ended, 'the end of the connection', true);
  }

  destroy(): void {
    this.socket.destroy();
  }

  private async body(status: number, headers: ReadonlyMap<string, readonly string[]>): Promise<Buffer> {
    if (status === 204 || status === 304) return Buffer.alloc(0);
    if (headers.get('transfer-encoding')?.[0] === 'chunked') return this.chunked();
    const [length] = headers.get('content-length') ?? [];
    if (length !== undefined) return this.bytes(Number(length));
    await this.end();
    return this.take(this.received.byteLength);
  }

  private async chunked(): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for (;;) {
      await this.until(() => this.received.includes('\r\n'), 'a chunk');
      const size = Number.parseInt(this.take(this.received.indexOf('\r\n') + 2).toString('latin1'), 16);
      const chunk = await this.bytes(size + 2);
      if (size === 0) return Buffer.concat(chunks);
      chunks.push(chunk.subarray(0, size));
    }
  }

  private take(count: number): Buffer {
    const taken = this.received.subarray(0, count);
    this.received = this.received.subarray(count);
    return taken;
  }

  private async until(condition: () => boolean, what: string, mayEnd = false): Promise<void> {
    const deadline = Date.now() + WAIT_MS;
    while (!condition()) {
      if (this.ended && !mayEnd) throw new Error(`closed before ${what} (${this.failure?.code ?? 'no error'})`);
      if (Date.now() > deadline) throw new Error(`no ${what} within ${WAIT_MS} ms`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 250);
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
}
