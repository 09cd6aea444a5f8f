import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import type { Edge } from './edge.js';
import type { RawClient } from './raw-client.js';

/** The opening handshake of RFC 6455, 1.3, at `/ws`. */
export const HANDSHAKE =
  'GET /ws HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';

export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

export interface FrameOptions {
  readonly fin?: boolean;
  /** The three reserved bits, 0..7. */
  readonly reserved?: number;
  readonly masked?: boolean;
}

/** One client frame, byte by byte as asked for, right or wrong. */
export function frame(opcode: number, payload: string | Uint8Array, options: FrameOptions = {}): Buffer {
  const { fin = true, reserved = 0, masked = true } = options;
  const data = Buffer.from(payload as string);
  const first = (fin ? 0x80 : 0) | (reserved << 4) | opcode;
  const bit = masked ? 0x80 : 0;
  let head: Buffer;
  if (data.byteLength < 126) {
    head = Buffer.from([first, bit | data.byteLength]);
  } else if (data.byteLength < 65_536) {
    head = Buffer.from([first, bit | 126, data.byteLength >> 8, data.byteLength & 0xff]);
  } else {
    head = Buffer.alloc(10);
    head.set([first, bit | 127]);
    head.writeBigUInt64BE(BigInt(data.byteLength), 2);
  }
  if (!masked) return Buffer.concat([head, data]);
  const mask = randomBytes(4);
  return Buffer.concat([head, mask, data.map((byte, i) => byte ^ (mask[i % 4] ?? 0))]);
}

/** The payload of a close frame. */
export function closePayload(code: number, reason = ''): Buffer {
  return Buffer.concat([Buffer.from([code >> 8, code & 0xff]), Buffer.from(reason)]);
}

/** A connection that has become a socket. */
export async function openSocket(edge: Edge, handshake: string = HANDSHAKE): Promise<RawClient> {
  const client = await edge.connect();
  expect((await client.write(handshake).response()).status).to.equal(101);
  return client;
}

/** The next frame of the server: never masked, always whole. */
export async function readFrame(client: RawClient): Promise<{ readonly opcode: number; readonly payload: Buffer }> {
  const [first = 0, second = 0] = await client.bytes(2);
  expect(second & 0x80, 'a server never masks').to.equal(0);
  expect(first & 0xf0, 'one frame per message, no extension').to.equal(0x80);
  let length = second;
  if (second === 126) length = (await client.bytes(2)).readUInt16BE();
  if (second === 127) length = Number((await client.bytes(8)).readBigUInt64BE());
  return { opcode: first & 0x0f, payload: await client.bytes(length) };
}

/** The code of the close frame that must come next; null: the connection ends without one. */
export async function readClose(client: RawClient): Promise<number | null> {
  try {
    const { opcode, payload } = await readFrame(client);
    expect(opcode).to.equal(OPCODE.close);
    return payload.byteLength < 2 ? 1005 : payload.readUInt16BE();
  } catch (error) {
    if (client.closed && client.pending.byteLength === 0) return null;
    throw error;
  }
}
