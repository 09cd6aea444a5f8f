import type { HttpResponse, us_socket_context_t, WebSocket, WebSocketBehavior } from 'uWebSockets.js';
import type { Handshake, ListenerOptions } from '../../ports/listener.js';
import { type Report, nextSocketId } from '../rules.js';
import type { RequestHead } from './request.js';
import { UwsSocket, type SocketData } from './socket.js';
import { WriteTurn } from './turn.js';

/** The open sockets of a uWebSockets.js listener. */
export class UwsSockets {
  private readonly open = new Map<number, UwsSocket>();
  private readonly handshakes = new Map<number, Handshake>();
  private readonly turn = new WriteTurn((step) => this.guard(step));

  constructor(
    private readonly options: ListenerOptions,
    private readonly report: Report,
  ) {}

  /** The native settings and handlers, without `upgrade`: the listener routes that. */
  behavior(): WebSocketBehavior<SocketData> {
    const { maxFrameBytes, idleTimeoutMs } = this.options;
    return {
      // Beyond this the native side drops the connection without a close frame.
      maxPayloadLength: 2 * maxFrameBytes,
      // The socket bounds its own queue, the native answers to pings included, which the handler of pings sees one by one:
      // this bound would drop frames from the middle.
      maxBackpressure: 0,
      // Seconds; 0 is none, and outside of 8..960 the native side ends the process.
      idleTimeout: idleTimeoutMs === 0 ? 0 : Math.min(960, Math.max(8, Math.ceil(idleTimeoutMs / 1_000))),
      sendPingsAutomatically: true,
      open: (ws) => this.guard(() => this.opened(ws)),
      message: (ws, data, binary) => this.guard(() => this.of(ws)?.received(data, binary), ws),
      ping: (ws, data) => this.guard(() => this.of(ws)?.pinged(data.byteLength), ws),
      pong: (ws, data) => this.guard(() => this.of(ws)?.ponged(data), ws),
      drain: (ws) => this.guard(() => this.of(ws)?.drained(), ws),
      close: (ws, code) => this.guard(() => this.closed(ws, code)),
    };
  }

  /** What the side above says to this handshake; null: not a socket. */
  accept(head: RequestHead): { readonly protocol: string | null } | null {
    return this.options.sockets.accept(head);
  }

  /** Turns the response into a socket; it opens inside this call. */
  upgrade(res: HttpResponse, head: RequestHead, protocol: string | null, context: us_socket_context_t): void {
    const id = nextSocketId();
    const { path, query, headers, peerAddress } = head;
    this.handshakes.set(id, { path, query, headers, peerAddress });
    res.upgrade<SocketData>({ id }, headers['sec-websocket-key'] ?? '', protocol ?? '', '', context);
    this.handshakes.delete(id);
  }

  private opened(ws: WebSocket<SocketData>): void {
    const { id } = ws.getUserData();
    const handshake = this.handshakes.get(id);
    if (handshake === undefined) {
      ws.close();
      return;
    }
    const socket = new UwsSocket(id, ws, this.options, this.report, this.turn);
    this.open.set(id, socket);
    try {
      socket.attach(this.options.sockets.open(socket, handshake));
    } catch (error) {
      this.report('A socket handler failed', error);
      socket.close(1011, 'Internal error');
    }
  }

  private closed(ws: WebSocket<SocketData>, code: number): void {
    const { id } = ws.getUserData();
    const socket = this.open.get(id);
    this.open.delete(id);
    socket?.closed(code);
  }

  private of(ws: WebSocket<SocketData>): UwsSocket | undefined {
    return this.open.get(ws.getUserData().id);
  }

  /** An exception that reached the native side would end the process. `ws` is dropped: it fails once, not with each frame. */
  private guard(step: () => void, ws?: WebSocket<SocketData>): void {
    try {
      step();
    } catch (error) {
      this.report('The socket bridge failed', error);
      if (ws !== undefined) this.guard(() => this.of(ws)?.terminate());
    }
  }
}
