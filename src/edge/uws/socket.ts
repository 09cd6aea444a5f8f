import type { WebSocket } from 'uWebSockets.js';
import type { SendResult, Socket, SocketListener } from '../../ports/listener.js';
import { Backlog, PING, WINDOW_BYTES } from '../backlog.js';
import { closeReason, frameBytes, CLOSE_TIMEOUT_MS, type Report } from '../rules.js';
import { Question } from '../question.js';
import type { WriteTurn } from './turn.js';

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
  private written = 0;
  // Most sockets never wait for anything, and few are asked.
  /** What waits behind the native side's own queue, of which there is some for as long as something is here. */
  private backlog: Backlog | null = null;
  private question: Question | null = null;
  /** The native side has answered pings in this turn; it may hold the answers back until its end. */
  private hasAnswered = false;

  constructor(
    readonly id: number,
    ws: WebSocket<SocketData>,
    private readonly limits: { readonly maxFrameBytes: number; readonly maxQueuedBytes: number },
    private readonly report: Report,
    private readonly turn: WriteTurn,
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
      this.written += frameBytes(frame.byteLength);
      return 'sent';
    }
    this.flush();
    if (queued > 0 && queued + frame.byteLength > this.limits.maxQueuedBytes) {
      this.waiting = true;
      return 'refused';
    }
    this.written += frameBytes(frame.byteLength);
    if (this.backlog === null && queued < WINDOW_BYTES) ws.send(frame, false, false);
    else (this.backlog ??= new Backlog()).add(frame);
    this.isBehind = true;
    if (this.queuedBytes() === 0) return 'sent';
    this.waiting = true;
    return 'queued';
  }

  /** Writes the frames of this turn in one go. */
  flush(): void {
    const { ws, pending } = this;
    if (pending === null && !this.hasAnswered) return;
    this.pending = null;
    this.pendingBytes = 0;
    this.hasAnswered = false;
    if (ws === null) return;
    if (pending !== null) {
      ws.cork(() => {
        for (const frame of pending) ws.send(frame, false, false);
      });
    }
    if (ws.getBufferedAmount() > 0) this.isBehind = this.waiting = true;
  }

  queuedBytes(): number {
    if (!this.isBehind) return 0;
    const queued = (this.ws?.getBufferedAmount() ?? 0) + (this.backlog?.bytes ?? 0);
    this.isBehind = queued > 0;
    return queued;
  }

  writtenBytes(): number {
    return this.written;
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
    this.isBehind = true;
    if (this.queuedBytes() === 0) ws.end(code, this.closing.reason);
    else this.closeTimer = setTimeout(() => this.terminate(), CLOSE_TIMEOUT_MS);
  }

  terminate(): void {
    this.closing ??= { code: 1006, reason: '' };
    this.ws?.close();
  }

  ping(): void {
    const { ws } = this;
    if (ws === null || this.closing !== null) return;
    this.flush();
    if (this.backlog === null) this.ask(ws);
    else this.backlog.add(PING);
  }

  /** The native side has answered the peer's ping, whatever it had queued before. */
  pinged(payloadBytes: number): void {
    if (this.ws === null) return;
    this.written += frameBytes(payloadBytes);
    this.isBehind = true;
    if (this.closing !== null) {
      if (this.queuedBytes() > this.limits.maxQueuedBytes) this.terminate();
      return;
    }
    if (!this.hasAnswered && this.pending === null) this.turn.endsWith(this);
    this.hasAnswered = true;
    this.tell((to) => to.ping());
  }

  ponged(payload: ArrayBuffer): void {
    if (this.closing !== null) return;
    const isAnswer = this.question?.isAnsweredBy(new Uint8Array(payload)) === true;
    this.tell((to) => to.pong(isAnswer));
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
    this.moveOn(ws);
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
    this.backlog = null;
    clearTimeout(this.closeTimer);
    queueMicrotask(() => this.tell((to) => to.closed(code)));
  }

  /** Hands the native side what has waited, as far as it has room. */
  private moveOn(ws: WebSocket<SocketData>): void {
    const { backlog } = this;
    if (backlog === null) return;
    while (!backlog.isEmpty && ws.getBufferedAmount() < WINDOW_BYTES) {
      ws.cork(() => {
        for (let bytes = 0; bytes < WINDOW_BYTES;) {
          const frame = backlog.take();
          if (frame === undefined) return;
          if (frame === PING) this.ask(ws);
          else ws.send(frame, false, false);
          bytes += frame === PING ? 0 : frame.byteLength;
        }
      });
    }
    if (backlog.isEmpty) this.backlog = null;
  }

  private ask(ws: WebSocket<SocketData>): void {
    const payload = (this.question ??= new Question()).ask();
    this.written += frameBytes(payload.byteLength);
    ws.ping(payload);
    this.isBehind = true;
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
