import { KINDS as LISTENERS, type Kind as Listener } from '../../edge/support/edge.js';
import { CLOSE, PING, rawFrame, TEXT, upgradeRequest } from '../../integration/ws/raw-client.js';

/** What the peers of a run may name. */
export interface Scene {
  readonly port: number;
  /** A group with some history. */
  readonly chatId: number;
  /** A group in which somebody sends all the time. */
  readonly busyChatId: number;
  /** Of members of both; a peer takes one of them. */
  readonly tokens: readonly string[];
}

/** A peer that never reads: what it writes, from which the server is to take no harm. */
export interface PeerKind {
  readonly name: string;
  readonly listeners: readonly Listener[];
  /** Written first. */
  readonly opening: (scene: Scene, token: string) => string | Uint8Array;
  /** It reads until this has come, and nothing after; null: nothing at all. */
  readonly until: string | null;
  /** Written next, once; a socket's frames may follow the answer to its upgrade only. */
  readonly then?: (scene: Scene) => Uint8Array;
  /** Sends more frames than anybody may, so that every listener ends it. */
  readonly isFlood?: boolean;
  /** Written again and again, as fast as the server takes it; null: the peer stays silent. */
  readonly stream: ((scene: Scene) => Uint8Array) | null;
  /** Milliseconds between two writes, where it is not to be as fast as the server takes it. */
  readonly everyMs?: number;
}

const PONG = 10;
const CONTINUATION = 0;
/** Bytes that are written at a time. */
const CHUNK = 32 * 1_024;

/** So many times the same as are about one chunk. */
export function chunkOf(bytes: Uint8Array): Uint8Array {
  return Buffer.concat(Array<Uint8Array>(Math.max(1, Math.floor(CHUNK / bytes.byteLength))).fill(bytes));
}

function socket(
  name: string,
  stream: PeerKind['stream'],
  more: Pick<PeerKind, 'then' | 'isFlood'> & { readonly path?: (scene: Scene, token: string) => string } = {},
): PeerKind {
  const { path, ...rest } = more;
  return {
    name,
    listeners: LISTENERS,
    opening: (scene, token) =>
      upgradeRequest(path?.(scene, token) ?? `/api/v1/ws/${String(scene.chatId)}?token=${token}`),
    until: '\r\n\r\n',
    ...rest,
    stream,
  };
}

const command = (fields: object): Uint8Array => rawFrame(TEXT, JSON.stringify(fields));
const repeated =
  (frame: Uint8Array): (() => Uint8Array) =>
  () =>
    chunkOf(frame);
const FLOOD = { isFlood: true };
const RESUME = command({ type: 'resume', since_rev: 0 });

/** Peers of a socket. Whoever is dropped comes again at once. */
export const SOCKET_PEERS: readonly PeerKind[] = [
  socket('pings', repeated(rawFrame(PING, 'x'.repeat(125))), FLOOD),
  socket('pongs that nobody asked for', repeated(rawFrame(PONG, 'x'.repeat(125))), FLOOD),
  socket('empty text frames', repeated(rawFrame(TEXT, '')), FLOOD),
  socket('empty fragments', repeated(rawFrame(CONTINUATION, '', { fin: false })), {
    then: () => rawFrame(TEXT, '{', { fin: false }),
  }),
  socket('fragments of one byte', repeated(rawFrame(CONTINUATION, ' ', { fin: false })), {
    then: () => rawFrame(TEXT, '{', { fin: false }),
  }),
  socket('ping commands', repeated(command({ type: 'ping', id: 'i'.repeat(64) })), FLOOD),
  socket('resume commands', repeated(RESUME), FLOOD),
  socket('messages of others', null, {
    path: ({ busyChatId }, token) => `/api/v1/ws/${String(busyChatId)}?token=${token}`,
  }),
  socket('a close behind a replay', null, {
    then: () => Buffer.concat([RESUME, rawFrame(CLOSE, Buffer.from([3, 232]))]),
  }),
  socket('a close and pings behind it', repeated(rawFrame(PING, 'x'.repeat(125))), {
    then: () => rawFrame(CLOSE, Buffer.from([3, 232])),
  }),
  socket('nobody, with pings', repeated(rawFrame(PING, 'x'.repeat(125))), { path: () => '/api/v1/ws/1?token=nobody' }),
];

/** All there are; a listener's own list is those that name it. */
export const PEER_KINDS: readonly PeerKind[] = [...SOCKET_PEERS];
