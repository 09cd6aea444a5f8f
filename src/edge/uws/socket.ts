import type { WebSocket } from 'uWebSockets.js';
import type { SendResult, Socket, SocketListener } from '../../ports/listener.js';
import { closeReason } from '../close-reason.js';
import type { Report } from '../report.js';
import { CLOSE_TIMEOUT_MS } from '../timeouts.js';
import type { Turn } from './turn.js';

/** All that the native socket carries: the way back to its UwsSocket. */
export interface SocketData {
  readonly id: number;
}

/** A turn's frames of one socket are written at once beyond this: what the native side corks is 16 KiB. */
const TURN_BYTES = 64 * 1024;

/** A native socket behind the port. Using one after its close throws, so `ws` is let go at that moment. */
export class UwsSocket implements Socket {
  private ws: WebSocket<SocketData> | null;
  private listener: SocketListener | null = null;
  private closing: { readonly code: number; readonly reason: string } | null = null;
  private closeTimer: NodeJS.Timeout | undefined;
  private waiting = false;
  /** The native side has something queued. Only then it is asked how much: that costs as much as handing it a frame. */
  private isBehind = false;
  /** Frames of this turn, which nothing is queued before; null: none. */
  private pending: Uint8Array[] | null = null;
  private pendingBytes = 0;

  constructor(
    readonly id: number,
    ws: WebSocket<SocketData>,
    private readonly limits: { readonly maxFrameBytes: number; readonly maxQueuedBytes: number },
    private readonly report: Report,
    private readonly turn: Turn,
  ) {
    this.ws = ws;
  }

  attach(listener: SocketListener): void {
    this.listener = listener;
  }

  send(frame: Uint8Array): SendResult {
    const { ws } = this;
    if (ws === null || this.closing !== null) return 'closed';
    if (this.pendingBytes + frame.byteLength > TURN_BYTES) this.flush();
    const queued = this.queuedBytes();
    if (queued === 0 && frame.byteLength <= TURN_BYTES) {
      if (this.pending === null) {
        this.pending = [frame];
        this.turn.endsWith(this);
      } else {
        this.pending.push(frame);
      }
      this.pendingBytes += frame.byteLength;
      return 'sent';
    }
    this.flush();
    if (queued > 0 && queued + frame.byteLength > this.limits.maxQueuedBytes) {
      this.waiting = true;
      return 'refused';
    }
    ws.send(frame, false, false);
    this.isBehind = true;
    if (this.queuedBytes() === 0) return 'sent';
    this.waiting = true;
    return 'queued';
  }

  /** Writes the frames of this turn in one go. */
  flush(): void {
    const { ws, pending } = this;
    if (pending === null) return;
    this.pending = null;
    this.pendingBytes = 0;
    if (ws === null) return;
    ws.cork(() => {
      for (const frame of pending) ws.send(frame, false, false);
    });
    if (ws.getBufferedAmount() > 0) this.isBehind = this.waiting = true;
  }

  queuedBytes(): number {
    if (!this.isBehind) return 0;
    const queued = this.ws?.getBufferedAmount() ?? 0;
    this.isBehind = queued > 0;
    return queued;
  }

  /**
   * The native side closes at once when nothing is queued. Behind a queue it would wait for a reader for up to its idle
   * time-out, so the close frame waits here, for a bounded time, until the queue is gone.
   */
  close(code: number, reason: string): void {
    const { ws } = this;
    if (ws === null || this.closing !== null) return;
    this.flush();
    this.closing = { code, reason: closeReason(reason) };
    if (ws.getBufferedAmount() === 0) ws.end(code, this.closing.reason);
    else this.closeTimer = setTimeout(() => this.terminate(), CLOSE_TIMEOUT_MS);
  }

  terminate(): void {
    this.closing ??= { code: 1006, reason: '' };
    this.ws?.close();
  }

  ping(): void {
    if (this.closing !== null) return;
    this.flush();
    this.ws?.ping();
  }

  ponged(): void {
    if (this.closing === null) this.tell((to) => to.pong());
  }

  /** A whole message from the native side, which lets up to twice the limit through so that its sender hears why. */
  received(data: ArrayBuffer, binary: boolean): void {
    if (this.closing !== null) return;
    if (data.byteLength > this.limits.maxFrameBytes) this.close(1009, 'Frame too large');
    else this.tell((to) => to.message(new Uint8Array(data), binary));
  }

  drained(): void {
    const { ws, closing } = this;
    if (ws === null) return;
    if (closing !== null) {
      if (ws.getBufferedAmount() === 0) ws.end(closing.code, closing.reason);
      return;
    }
    if (!this.waiting) return;
    // Told of each part that has left, not only of the first: the rest may be the larger one.
    this.waiting = this.queuedBytes() > 0;
    this.tell((to) => to.drained());
  }

  /** From the native side, which calls it inside `end` and `close` too: the listener hears it after its own call. */
  closed(code: number): void {
    this.ws = null;
    this.closing ??= { code, reason: '' };
    clearTimeout(this.closeTimer);
    queueMicrotask(() => this.tell((to) => to.closed(code)));
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
