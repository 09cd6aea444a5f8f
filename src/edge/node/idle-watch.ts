import type { Socket as TcpSocket } from 'node:net';
import type { WebSocket } from 'ws';

/** Looks at a socket this often within its idle time-out; half-way through silence it is pinged. */
const LOOKS = 4;

interface Watched {
  readonly tcp: TcpSocket;
  bytesRead: number;
  silentLooks: number;
}

/**
 * Drops sockets of a peer that is gone without a word: after half of the time-out without any byte a ping asks, after
 * all of it the connection ends. One timer for all sockets; the time-out is kept to a quarter.
 */
export class IdleWatch {
  private readonly watched = new Map<WebSocket, Watched>();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly idleTimeoutMs: number) {}

  add(ws: WebSocket, tcp: TcpSocket): void {
    this.watched.set(ws, { tcp, bytesRead: tcp.bytesRead, silentLooks: 0 });
    this.timer ??= setInterval(() => this.look(), Math.max(10, this.idleTimeoutMs / LOOKS)).unref();
  }

  remove(ws: WebSocket): void {
    this.watched.delete(ws);
    if (this.watched.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private look(): void {
    for (const [ws, state] of this.watched) {
      if (state.tcp.bytesRead !== state.bytesRead) {
        state.bytesRead = state.tcp.bytesRead;
        state.silentLooks = 0;
        continue;
      }
      state.silentLooks += 1;
      if (state.silentLooks >= LOOKS) ws.terminate();
      else if (state.silentLooks === LOOKS / 2 && ws.readyState === ws.OPEN) ws.ping();
    }
  }
}
