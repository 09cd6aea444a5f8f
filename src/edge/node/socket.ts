import type { RawData, WebSocket } from 'ws';
import type { SendResult, Socket, SocketListener } from '../../ports/listener.js';
import { closeReason } from '../close-reason.js';
import type { Report } from '../report.js';
import { nextSocketId } from '../socket-ids.js';

/** A socket of the `ws` package behind the port. `ws` bounds the wait for the peer's close frame (closeTimeout). */
export class NodeSocket implements Socket {
  readonly id = nextSocketId();
  private closing = false;
  private waiting = false;
  private listener: SocketListener | null = null;

  constructor(
    private readonly ws: WebSocket,
    private readonly maxQueuedBytes: number,
    private readonly report: Report,
  ) {}

  /** Connects the side above; nothing is read from the wire before. */
  attach(listener: SocketListener): void {
    this.listener = listener;
    this.ws.on('message', (data, isBinary) => this.received(data, isBinary));
    this.ws.on('pong', () => {
      if (!this.closing) this.tell((to) => to.pong());
    });
    this.ws.once('close', (code) => this.ended(code));
    // A protocol violation or a reset: `ws` closes by itself with the right code, and 'close' follows.
    this.ws.on('error', () => (this.closing = true));
  }

  send(frame: Uint8Array): SendResult {
    if (this.closing || this.ws.readyState !== this.ws.OPEN) return 'closed';
    const queued = this.ws.bufferedAmount;
    if (queued > 0 && queued + frame.byteLength > this.maxQueuedBytes) {
      this.waiting = true;
      return 'refused';
    }
    this.ws.send(frame, { binary: false, compress: false }, () => this.flushed());
    if (this.ws.bufferedAmount === 0) return 'sent';
    this.waiting = true;
    return 'queued';
  }

  queuedBytes(): number {
    return this.ws.bufferedAmount;
  }

  ping(): void {
    if (!this.closing && this.ws.readyState === this.ws.OPEN) this.ws.ping();
  }

  close(code: number, reason: string): void {
    if (this.closing) return;
    this.closing = true;
    this.ws.close(code, closeReason(reason));
  }

  terminate(): void {
    this.closing = true;
    this.ws.terminate();
  }

  private ended(code: number): void {
    this.closing = true;
    this.tell((to) => to.closed(code));
  }

  private received(data: RawData, isBinary: boolean): void {
    if (this.closing || !Buffer.isBuffer(data)) return;
    this.tell((to) => to.message(data, isBinary));
  }

  private flushed(): void {
    if (!this.waiting || this.closing) return;
    // Told of each part that has left, not only of the first: the rest may be the larger one.
    this.waiting = this.ws.bufferedAmount > 0;
    this.tell((to) => to.drained());
  }

  private tell(call: (to: SocketListener) => void): void {
    if (this.listener === null) return;
    try {
      call(this.listener);
    } catch (error) {
      this.report('A socket handler failed', error);
      this.close(1011, 'Internal error');
    }
  }
}
