import type { RawData, WebSocket } from 'ws';
import type { SendResult, Socket, SocketListener } from '../../ports/listener.js';
import { Backlog, PING, WINDOW_BYTES } from '../backlog.js';
import { closeReason, frameBytes, CLOSE_TIMEOUT_MS, nextSocketId, type Report } from '../rules.js';
import { Question } from '../question.js';

/**
 * A socket of the `ws` package behind the port. `ws` bounds the wait for the peer's close frame (closeTimeout), and this the
 * wait for a reader to get that far.
 */
export class NodeSocket implements Socket {
  readonly id = nextSocketId();
  private closing: { readonly code: number; readonly reason: string } | null = null;
  private closeTimer: NodeJS.Timeout | undefined;
  private waiting = false;
  private listener: SocketListener | null = null;
  private written = 0;
  // Most sockets never wait for anything, and few are asked.
  /** What waits behind the queue of `ws`, of which there is some for as long as something is here. */
  private backlog: Backlog | null = null;
  private question: Question | null = null;
  /** The payload of the latest ping that is not answered yet. */
  private unanswered: Buffer | null = null;
  private readonly onWritten = (): void => this.flushed();

  constructor(
    private readonly ws: WebSocket,
    private readonly maxQueuedBytes: number,
    private readonly report: Report,
  ) {}

  /** Connects the side above; nothing is read from the wire before. */
  attach(listener: SocketListener): void {
    this.listener = listener;
    this.ws.on('message', (data, isBinary) => this.received(data, isBinary));
    this.ws.on('ping', (data) => this.pinged(data));
    this.ws.on('pong', (data) => {
      if (this.closing !== null) return;
      const isAnswer = this.question?.isAnsweredBy(data) === true;
      this.tell((to) => to.pong(isAnswer));
    });
    this.ws.once('close', (code) => this.ended(code));
    // A protocol violation or a reset: `ws` closes by itself with the right code, and 'close' follows.
    this.ws.on('error', () => (this.closing ??= { code: 1006, reason: '' }));
  }

  send(frame: Uint8Array): SendResult {
    const { ws } = this;
    if (this.closing !== null || ws.readyState !== ws.OPEN) return 'closed';
    const queued = this.queuedBytes();
    if (queued > 0 && queued + frame.byteLength > this.maxQueuedBytes) {
      this.waiting = true;
      return 'refused';
    }
    this.written += frameBytes(frame.byteLength);
    if (this.backlog === null && queued < WINDOW_BYTES) this.write(frame);
    else (this.backlog ??= new Backlog()).add(frame);
    if (this.queuedBytes() === 0) return 'sent';
    this.waiting = true;
    return 'queued';
  }

  queuedBytes(): number {
    const unanswered = this.unanswered === null ? 0 : frameBytes(this.unanswered.byteLength);
    return this.ws.bufferedAmount + (this.backlog?.bytes ?? 0) + unanswered;
  }

  writtenBytes(): number {
    return this.written;
  }

  ping(): void {
    if (this.closing !== null || this.ws.readyState !== this.ws.OPEN) return;
    if (this.backlog === null) this.ask();
    else this.backlog.add(PING);
  }

  close(code: number, reason: string): void {
    if (this.closing !== null) return;
    this.closing = { code, reason: closeReason(reason) };
    this.unanswered = null;
    if (this.backlog === null) this.ws.close(code, this.closing.reason);
    else this.closeTimer = setTimeout(() => this.terminate(), CLOSE_TIMEOUT_MS);
  }

  terminate(): void {
    this.closing ??= { code: 1006, reason: '' };
    this.backlog = null;
    this.ws.terminate();
  }

  private ended(code: number): void {
    this.closing ??= { code, reason: '' };
    this.backlog = null;
    this.unanswered = null;
    clearTimeout(this.closeTimer);
    this.tell((to) => to.closed(code));
  }

  private received(data: RawData, isBinary: boolean): void {
    if (this.closing !== null || !Buffer.isBuffer(data)) return;
    this.tell((to) => to.message(data, isBinary));
  }

  /** While something waits, only the latest ping is answered, and once (RFC 6455, 5.5.3): of many answers one is enough. */
  private pinged(payload: Buffer): void {
    if (this.closing !== null || this.ws.readyState !== this.ws.OPEN) return;
    // A copy: the payload is a piece of all that came with it.
    if (this.ws.bufferedAmount === 0) this.answer(payload);
    else this.unanswered = Buffer.from(payload);
    this.tell((to) => to.ping());
  }

  private answer(payload: Buffer): void {
    this.written += frameBytes(payload.byteLength);
    this.ws.pong(payload, false, this.onWritten);
  }

  private ask(): void {
    const payload = (this.question ??= new Question()).ask();
    this.written += frameBytes(payload.byteLength);
    this.ws.ping(payload, false, this.onWritten);
  }

  private write(frame: Uint8Array): void {
    this.ws.send(frame, { binary: false, compress: false }, this.onWritten);
  }

  private flushed(): void {
    this.moveOn();
    if (!this.waiting || this.closing !== null) return;
    // Told of each part that has left, not only of the first: the rest may be the larger one.
    this.waiting = this.queuedBytes() > 0;
    this.tell((to) => to.drained());
  }

  /** Hands `ws` what has waited, as far as it has room, and the close frame behind all of it. */
  private moveOn(): void {
    const { ws, unanswered } = this;
    if (ws.readyState !== ws.OPEN) {
      this.backlog = null;
      return;
    }
    if (unanswered !== null && ws.bufferedAmount < WINDOW_BYTES) {
      this.unanswered = null;
      this.answer(unanswered);
    }
    const { backlog } = this;
    if (backlog === null) return;
    while (!backlog.isEmpty && ws.bufferedAmount < WINDOW_BYTES) {
      const frame = backlog.take();
      if (frame === PING) this.ask();
      else if (frame !== undefined) this.write(frame);
    }
    if (!backlog.isEmpty) return;
    this.backlog = null;
    if (this.closing === null) return;
    clearTimeout(this.closeTimer);
    ws.close(this.closing.code, this.closing.reason);
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
