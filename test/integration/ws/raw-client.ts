import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';

/** What the server did to a raw connection. */
export interface RawOutcome {
  /** Of the HTTP answer; null where none came. */
  readonly status: number | null;
  /** Of the close frame; null where the connection just ended. */
  readonly closeCode: number | null;
  /** Text frames that the server sent. */
  readonly texts: readonly string[];
}

export interface RawFrameOptions {
  readonly fin?: boolean;
  /** The three reserved bits. */
  readonly rsv?: number;
  readonly masked?: boolean;
  /** A length to claim instead of the real one. */
  readonly claim?: number;
}

export const TEXT = 1;
export const BINARY = 2;
export const CONTINUATION = 0;
export const CLOSE = 8;
export const PING = 9;

const open = new Set<Socket>();

/** Ends every raw connection that a test left open. */
export function dropRaw(): void {
  for (const socket of open) socket.destroy();
}

/** One frame as bytes, also one that RFC 6455 forbids. */
export function rawFrame(opcode: number, payload: Uint8Array | string, options: RawFrameOptions = {}): Buffer {
  const { fin = true, rsv = 0, masked = true } = options;
  const data = Buffer.from(payload);
  const length = options.claim ?? data.length;
  const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  head[0] = (fin ? 0x80 : 0) | (rsv << 4) | opcode;
  head[1] = (masked ? 0x80 : 0) | (length < 126 ? length : length < 65_536 ? 126 : 127);
  if (head.length === 4) head.writeUInt16BE(length, 2);
  if (head.length === 10) head.writeBigUInt64BE(BigInt(length), 2);
  if (!masked) return Buffer.concat([head, data]);
  const mask = randomBytes(4);
  const body = Buffer.from(data.map((byte, index) => byte ^ (mask[index % 4] ?? 0)));
  return Buffer.concat([head, mask, body]);
}

export function closeFrame(code: number): Buffer {
  const payload = Buffer.alloc(2);
  payload.writeUInt16BE(code);
  return rawFrame(CLOSE, payload);
}

/** The lines of a good upgrade; a test changes what it is about. */
export function upgradeRequest(
  path: string,
  headers: Readonly<Record<string, string | null>> = {},
  method = 'GET',
): string {
  const all: Record<string, string | null> = {
    Host: '127.0.0.1',
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
    ...headers,
  };
  const lines = Object.entries(all).flatMap(([name, value]) => (value === null ? [] : [`${name}: ${value}`]));
  return `${method} ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`;
}

export interface RawClient {
  /** Upgrades the connection and waits for the answer: only then may a client send frames (RFC 6455, 4.1). */
  upgrade(path: string): Promise<void>;
  write(bytes: Uint8Array | string): void;
  /** Waits until the server has sent a text frame that fits. */
  text(fits: (text: string) => boolean): Promise<string>;
  /** Waits until the connection has ended. */
  readonly ended: Promise<RawOutcome>;
  /** Status of the HTTP answer. */
  readonly status: Promise<number>;
  /** Stops or goes on reading from the network. */
  pause(): void;
  resume(): void;
  destroy(): void;
}

/** A TCP connection that speaks exactly what the test says; answers no close frame and no ping. */
export async function rawConnect(port: number): Promise<RawClient> {
  const socket = connect({ host: '127.0.0.1', port });
  open.add(socket);
  let received = Buffer.alloc(0);
  let status: number | null = null;
  let closeCode: number | null = null;
  const texts: string[] = [];
  const watchers = new Set<() => void>();

  function read(): void {
    if (status === null) {
      const end = received.indexOf('\r\n\r\n');
      if (end < 0) return;
      status = Number(received.toString('latin1', 9, 12));
      received = received.subarray(end + 4);
    }
    if (status !== 101) return;
    for (let frame = takeFrame(received); frame !== null; frame = takeFrame(received)) {
      received = received.subarray(frame.size);
      if (frame.opcode === TEXT) texts.push(frame.payload.toString('utf8'));
      if (frame.opcode === CLOSE) closeCode = frame.payload.length >= 2 ? frame.payload.readUInt16BE(0) : 1005;
    }
  }

  const ended = new Promise<RawOutcome>((resolve) => {
    socket.once('close', () => {
      open.delete(socket);
      for (const watch of watchers) watch();
      resolve({ status, closeCode, texts });
    });
  });
  socket.on('data', (chunk) => {
    received = Buffer.concat([received, chunk]);
    read();
    for (const watch of watchers) watch();
    // The peer of a server that closes ends the connection.
    if (closeCode !== null) socket.end();
  });
  socket.on('error', () => undefined);
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });

  function when<T>(look: () => T | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      const watch = (): void => {
        const found = look();
        if (found === undefined && !socket.destroyed) return;
        watchers.delete(watch);
        if (found === undefined) reject(new Error(`the connection ended; received: ${texts.join(' ').slice(0, 500)}`));
        else resolve(found);
      };
      watchers.add(watch);
      watch();
    });
  }

  return {
    async upgrade(path) {
      socket.write(upgradeRequest(path));
      const answer = await when(() => status ?? undefined);
      if (answer !== 101) throw new Error(`not upgraded: ${answer}`);
    },
    write: (bytes) => void socket.write(bytes),
    text: (fits) => when(() => texts.find(fits)),
    get status() {
      return when(() => status ?? undefined);
    },
    ended,
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    destroy: () => void socket.destroy(),
  };
}

function takeFrame(bytes: Buffer): { opcode: number; payload: Buffer; size: number } | null {
  if (bytes.length < 2) return null;
  const short = (bytes[1] ?? 0) & 0x7f;
  const start = short < 126 ? 2 : short === 126 ? 4 : 10;
  if (bytes.length < start) return null;
  const length = short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  if (bytes.length < start + length) return null;
  return { opcode: (bytes[0] ?? 0) & 0x0f, payload: bytes.subarray(start, start + length), size: start + length };
}
