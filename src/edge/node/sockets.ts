import type { IncomingMessage } from 'node:http';
import type { Socket as TcpSocket } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';
import type { Handshake, ListenerOptions } from '../../ports/listener.js';
import { normalAddress } from '../peer-address.js';
import { type Report, CLOSE_TIMEOUT_MS } from '../rules.js';
import { joinHeaders, judgeFraming, linesOfRawHeaders, originForm, splitTarget } from '../request-head.js';
import { judgeUpgrade } from '../upgrade.js';
import { IdleWatch } from './idle-watch.js';
import { refuseConnection } from './refuse.js';
import { NodeSocket } from './socket.js';

/** `ws` reads options that its type package does not list yet. */
type ServerSettings = ConstructorParameters<typeof WebSocketServer>[0] & {
  readonly closeTimeout: number;
  readonly maxFragments: number;
  readonly maxBufferedChunks: number;
};

/** Of one message. Each is an object of some 200 bytes, so that one of a byte each took 3 MB; clients send a few at most. */
const MAX_FRAGMENTS = 1_024;
/** Pieces in which one frame may come from the network: the largest in segments of 536 bytes is 306 of them. */
const MAX_PIECES = 4_096;

/** The WebSocket half of the node listener: decides on upgrades and keeps the sockets that are open. */
export class NodeSockets {
  private readonly server: WebSocketServer;
  private readonly idle: IdleWatch | null;
  private readonly protocols = new WeakMap<IncomingMessage, string>();

  constructor(
    private readonly options: ListenerOptions,
    private readonly report: Report,
  ) {
    const settings: ServerSettings = {
      noServer: true,
      perMessageDeflate: false,
      maxPayload: options.maxFrameBytes,
      closeTimeout: CLOSE_TIMEOUT_MS,
      // The socket answers: what waits for a peer that does not read is bounded, and all of it is counted.
      autoPong: false,
      maxFragments: MAX_FRAGMENTS,
      maxBufferedChunks: MAX_PIECES,
      handleProtocols: (_offered, request) => this.protocols.get(request) ?? false,
    };
    this.server = new WebSocketServer(settings);
    this.server.on('wsClientError', (_error, socket) => refuseConnection(socket, 'bad_request'));
    this.idle = options.idleTimeoutMs > 0 ? new IdleWatch(options.idleTimeoutMs) : null;
  }

  /** Upgrades or refuses; false: this request is none of ours and goes on as an ordinary one. */
  take(request: IncomingMessage, tcp: TcpSocket, head: Buffer): boolean {
    const lines = linesOfRawHeaders(request.rawHeaders);
    const framing = judgeFraming(lines, request.httpVersion, this.options.maxBodyBytes);
    const headers = joinHeaders(lines);
    const verdict = framing.ok
      ? judgeUpgrade(request.method ?? '', headers)
      : ({ kind: 'refused', code: framing.code } as const);
    switch (verdict.kind) {
      case 'http':
        return false;
      case 'refused':
        refuseConnection(tcp, verdict.code);
        return true;
      case 'socket': {
        const peerAddress = normalAddress(tcp.remoteAddress ?? '');
        const target = splitTarget(originForm(request.url ?? '/'));
        return this.accept(request, tcp, head, { ...target, headers, peerAddress });
      }
      default:
        return verdict satisfies never;
    }
  }

  /** Drops every socket. */
  close(): void {
    for (const ws of this.server.clients) ws.terminate();
  }

  private accept(request: IncomingMessage, tcp: TcpSocket, head: Buffer, handshake: Handshake): boolean {
    try {
      const accepted = this.options.sockets.accept(handshake);
      if (accepted === null) return false;
      if (accepted.protocol !== null) this.protocols.set(request, accepted.protocol);
    } catch (error) {
      this.report('A socket handler failed', error);
      refuseConnection(tcp, 'internal');
      return true;
    }
    this.server.handleUpgrade(request, tcp, head, (ws) => this.opened(ws, tcp, handshake));
    return true;
  }

  private opened(ws: WebSocket, tcp: TcpSocket, handshake: Handshake): void {
    const socket = new NodeSocket(ws, this.options.maxQueuedBytes, this.report);
    this.idle?.add(ws, tcp);
    ws.once('close', () => this.idle?.remove(ws));
    try {
      socket.attach(this.options.sockets.open(socket, handshake));
    } catch (error) {
      this.report('A socket handler failed', error);
      ws.on('error', () => ws.terminate());
      socket.close(1011, 'Internal error');
    }
  }
}
