import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { maskedFrame } from './masked-frame.js';

/** Hears the payload of every text frame; the bytes are valid only during the call. */
export type FrameListener = (bytes: Buffer, start: number, end: number) => void;

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/**
 * All connections read into this buffer: the callback runs before the next read, and what is left of a frame is copied.
 * Saves an allocation per read, which would be most of the client's work.
 */
const READ_BUFFER = Buffer.allocUnsafeSlow(256 * 1024);
const HEAD_END = Buffer.from('\r\n\r\n');
const EMPTY = Buffer.alloc(0);

/**
 * A WebSocket for load: raw TCP, frames written as prepared, payloads handed on as bytes without decoding them.
 * Understands what Parley sends and nothing more: unfragmented, uncompressed, unmasked frames.
 */
export class LoadSocket {
  onFrame: FrameListener = () => undefined;
  /** Once, when the connection is over; the error says why. */
  onClose: (error: Error) => void = () => undefined;
  private rest: Buffer = EMPTY;
  private upgraded: (() => void) | null = null;
  private closing = false;
  private readonly tcp: Socket;

  private constructor(endpoint: Endpoint, opened: () => void) {
    this.upgraded = opened;
    this.tcp = connect({
      ...endpoint,
      noDelay: true,
      onread: {
        buffer: READ_BUFFER,
        callback: (length) => {
          this.read(length);
          return true;
        },
      },
    });
    this.tcp.on('error', (error) => this.ended(error));
    this.tcp.on('close', () => this.ended(new Error('the server closed the connection')));
  }

  /** Opens a socket and resolves when the upgrade is accepted; `token` travels in the Authorization header. */
  static open(endpoint: Endpoint, path: string, token: string): Promise<LoadSocket> {
    return new Promise((resolve, reject) => {
      const socket: LoadSocket = new LoadSocket(endpoint, () => {
        socket.onClose = () => undefined;
        resolve(socket);
      });
      socket.onClose = reject;
      socket.tcp.write(
        [
          `GET ${path} HTTP/1.1`,
          `Host: ${endpoint.host}:${endpoint.port}`,
          'Upgrade: websocket',
          'Connection: Upgrade',
          `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
          'Sec-WebSocket-Version: 13',
          `Authorization: Bearer ${token}`,
          '',
          '',
        ].join('\r\n'),
      );
    });
  }

  /** Writes a prepared frame (see masked-frame.ts). */
  send(frame: Buffer): void {
    this.tcp.write(frame);
  }

  /** Drops the connection without a closing handshake; `onClose` stays silent. */
  close(): void {
    this.closing = true;
    this.tcp.destroy();
  }

  private ended(error: Error): void {
    if (this.closing) return;
    this.closing = true;
    this.onClose(error);
  }

  private read(length: number): void {
    const fresh = READ_BUFFER.subarray(0, length);
    const bytes = this.rest.byteLength === 0 ? fresh : Buffer.concat([this.rest, fresh]);
    let offset = this.upgraded === null ? 0 : this.readHandshake(bytes, this.upgraded);
    if (this.upgraded === null) offset = this.readFrames(bytes, offset);
    this.rest = offset === bytes.byteLength ? EMPTY : Buffer.from(bytes.subarray(offset));
  }

  private readHandshake(bytes: Buffer, opened: () => void): number {
    const end = bytes.indexOf(HEAD_END);
    if (end < 0) return 0;
    if (!bytes.toString('latin1', 0, end).startsWith('HTTP/1.1 101')) {
      this.tcp.destroy(new Error(`upgrade refused: ${bytes.toString('latin1', 0, bytes.indexOf('\r\n'))}`));
      return bytes.byteLength;
    }
    this.upgraded = null;
    opened();
    return end + HEAD_END.byteLength;
  }

  /** Hands on every complete frame from `offset` and answers where the first incomplete one starts. */
  private readFrames(bytes: Buffer, start: number): number {
    let offset = start;
    while (bytes.byteLength - offset >= 2) {
      const short = (bytes[offset + 1] ?? 0) & 0x7f;
      const head = short < 126 ? 2 : short === 126 ? 4 : 10;
      if (bytes.byteLength - offset < head) break;
      const length =
        short < 126 ? short : short === 126 ? bytes.readUInt16BE(offset + 2) : bytes.readUInt32BE(offset + 6);
      const end = offset + head + length;
      if (end > bytes.byteLength) break;
      this.readFrame((bytes[offset] ?? 0) & 0x0f, bytes, offset + head, end);
      offset = end;
    }
    return offset;
  }

  private readFrame(opcode: number, bytes: Buffer, start: number, end: number): void {
    if (opcode === 1) this.onFrame(bytes, start, end);
    else if (opcode === 9) this.send(maskedFrame(bytes.toString('utf8', start, end), 10));
    else if (opcode === 8) this.tcp.destroy(new Error(closeReason(bytes, start, end)));
  }
}

function closeReason(bytes: Buffer, start: number, end: number): string {
  if (end - start < 2) return 'closed without a code';
  return `closed with ${bytes.readUInt16BE(start)} ${bytes.toString('utf8', start + 2, end)}`;
}
