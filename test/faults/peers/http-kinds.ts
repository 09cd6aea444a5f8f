import { KINDS as LISTENERS } from '../../edge/support/edge.js';
import type { PeerKind, Scene } from './kinds.js';

/** Bytes that are written at a time. */
const CHUNK = 64 * 1_024;

interface Shape {
  readonly method?: string;
  readonly path?: string | ((scene: Scene) => string);
  readonly headers?: (token: string) => string;
  readonly body?: string;
  /** One request in a millisecond, and not as many as go into one packet: a native connection ends at two of one packet. */
  readonly single?: boolean;
}

/** A peer that asks and asks and reads nothing. */
function asking(name: string, { method = 'GET', path = '/api/v1/info', headers, body = '', single }: Shape): PeerKind {
  const request = (scene: Scene, token: string): Buffer => {
    const target = typeof path === 'string' ? path : path(scene);
    return Buffer.from(`${method} ${target} HTTP/1.1\r\nHost: a\r\n${headers?.(token) ?? ''}\r\n${body}`);
  };
  return {
    name,
    listeners: LISTENERS,
    opening: (scene) => request(scene, scene.tokens[0] ?? ''),
    until: null,
    ...(single === true ? { everyMs: 1 } : {}),
    stream: (scene) => {
      const one = request(scene, scene.tokens[0] ?? '');
      const count = single === true ? 1 : Math.max(1, Math.floor(CHUNK / one.byteLength));
      return Buffer.concat(Array<Buffer>(count).fill(one));
    },
  };
}

const bearer = (token: string): string => `Authorization: Bearer ${token}\r\n`;
const json = (length: number): string => `Content-Type: application/json\r\nContent-Length: ${String(length)}\r\n`;

/** Peers of the HTTP side. Whoever is dropped comes again at once. */
export const HTTP_PEERS: readonly PeerKind[] = [
  asking('GET, many in a packet', {}),
  asking('GET, one at a time', { single: true }),
  asking('HEAD', { method: 'HEAD', single: true }),
  asking('404', { path: '/nothing', single: true }),
  asking('OPTIONS of a browser', {
    method: 'OPTIONS',
    headers: () => 'Origin: http://a\r\nAccess-Control-Request-Method: GET\r\n',
    single: true,
  }),
  asking('413', { method: 'POST', headers: () => json(5_000_000) }),
  asking('Expect: 100-continue', {
    method: 'POST',
    path: '/api/v1/messages',
    headers: () => `Expect: 100-continue\r\n${json(2)}`,
    body: '{}',
    single: true,
  }),
  asking('what is no HTTP', { method: '\u0001', single: true }),
  asking('426', { headers: () => 'Upgrade: websocket\r\nSec-WebSocket-Key: a\r\n', single: true }),
  {
    ...asking('a page of history', {}),
    opening: ({ busyChatId }, token) =>
      `GET /api/v1/messages/chat/${String(busyChatId)}?limit=100 HTTP/1.1\r\nHost: a\r\n${bearer(token)}\r\n`,
    stream: null,
  },
];
