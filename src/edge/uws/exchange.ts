import type { HttpResponse } from 'uWebSockets.js';
import type { ListenerOptions } from '../../ports/listener.js';
import type { ErrorCode } from '../../protocol/error-codes.js';
import { edgeAnswer } from '../answer.js';
import type { Report } from '../report.js';
import { lateAnswerCode } from '../timeouts.js';
import { BridgedRequest, BridgedResponse, type Reply } from './koa-pair.js';
import { wireAnswer, wireReply, writePending, writeReply, type WireReply } from './reply.js';
import type { RequestHead } from './request.js';

/** The native side drops a body that takes over 10 s at less than 16 KB/s; starting its clock anew leaves it to ours. */
const KEEP_READING_MS = 5_000;

/** Milliseconds for a refused client to read why. */
const LINGER_MS = 1_000;

/** What an exchange needs of its listener. */
export interface ExchangeHost {
  readonly options: ListenerOptions;
  readonly report: Report;
  /** True: no further request on any connection. */
  readonly draining: boolean;
}

/**
 * One request and its answer over uWebSockets.js. `res` is used only while `open`: after an abort or an end every call
 * on it throws. The body is read whole, then handed to the handler with the request.
 */
export class UwsExchange {
  private open = true;
  private refusing = false;
  private written = false;
  private response: BridgedResponse | null = null;
  private timer: NodeJS.Timeout | undefined;
  private keepReading: NodeJS.Timeout | undefined;

  /** Registers for the abort before anything else: returning without it ends the process. */
  constructor(
    private readonly res: HttpResponse,
    private readonly host: ExchangeHost,
  ) {
    res.onAborted(() => this.guard(() => this.aborted()));
  }

  /** The native response has become a socket, or is otherwise no longer ours. */
  release(): void {
    this.open = false;
  }

  /** Reads the body where there is one, then runs the handler. */
  start(head: RequestHead, hasBody: boolean): void {
    if (!hasBody) {
      this.handle(head, null);
      return;
    }
    const { requestTimeoutMs } = this.host.options;
    if (requestTimeoutMs > 0) {
      this.timer = setTimeout(() => this.refuse(head.method, 'request_timeout'), requestTimeoutMs);
    }
    this.keepReading = setInterval(() => this.guard(() => this.restartNativeClock()), KEEP_READING_MS);
    this.readBody(head);
  }

  /**
   * The edge's own answer to a request that is not over: the connection ends with it. Sent after the native parser is
   * through with what it holds, because until then an answered request lets it run the next one behind it (and where
   * framing is in doubt, that one may be smuggled); a pending one makes it drop the connection instead.
   * `whole`: no byte of this request is still to come.
   */
  refuse(method: string, code: ErrorCode, whole = false): void {
    if (this.refusing || !this.open) return;
    this.refusing = true;
    this.stopTimers();
    setImmediate(() => this.guard(() => this.sendRefusal(method, code, whole)));
  }

  private sendRefusal(method: string, code: ErrorCode, whole: boolean): void {
    if (!this.open || this.written) return;
    // The native side ends a HEAD answer without closing.
    if (whole && method !== 'HEAD') {
      this.write(method, wireAnswer(edgeAnswer(code)), true);
      return;
    }
    this.written = true;
    // Closing over unread bytes would reset the connection before the client has read the answer, and reading them
    // would be work for nothing: so nothing more is read, and the client gets a moment.
    this.res.pause();
    this.res.cork(() => this.guard(() => writePending(this.res, method, edgeAnswer(code))));
    this.timer = setTimeout(() => this.guard(() => this.drop()), LINGER_MS);
  }

  private readBody(head: RequestHead): void {
    const { maxBodyBytes } = this.host.options;
    const chunks: Buffer[] = [];
    let total = 0;
    const received = (chunk: ArrayBuffer, isLast: boolean): void => {
      if (!this.open || this.refusing) return;
      total += chunk.byteLength;
      if (total > maxBodyBytes) {
        chunks.length = 0;
        this.refuse(head.method, 'payload_too_large');
        return;
      }
      // The bytes are the parser's own and change after the call.
      if (chunk.byteLength > 0) chunks.push(Buffer.from(new Uint8Array(chunk)));
      if (!isLast) return;
      this.stopTimers();
      const [only] = chunks;
      this.handle(head, only !== undefined && chunks.length === 1 ? only : Buffer.concat(chunks));
    };
    this.res.onData((chunk, isLast) => this.guard(() => received(chunk, isLast)));
  }

  private handle(head: RequestHead, body: Buffer | null): void {
    const { options, report } = this.host;
    const request = new BridgedRequest(head, body);
    const response = new BridgedResponse(request, (reply) => this.replied(head.method, reply));
    this.response = response;
    const failed = (error: unknown): void => {
      if (!this.open || this.written) return;
      report('A request handler failed', error);
      this.answer(head.method, 'internal');
    };
    try {
      const done = options.onRequest(request, response);
      if (done instanceof Promise) done.catch(failed);
    } catch (error) {
      failed(error);
    }
    if (!this.open || this.written || options.handlerTimeoutMs === 0) return;
    const late = (): void => this.answer(head.method, lateAnswerCode(head.method));
    this.timer = setTimeout(() => this.guard(late), options.handlerTimeoutMs);
  }

  /** The edge's answer in place of the handler's; what the handler says later is dropped. */
  private answer(method: string, code: ErrorCode): void {
    this.response?.cut();
    this.write(method, wireAnswer(edgeAnswer(code)), this.host.draining);
  }

  private replied(method: string, reply: Reply | null): void {
    if (!this.open || this.written) return;
    if (reply === null) {
      this.drop();
      return;
    }
    const wire = wireReply(reply);
    this.write(method, wire, wire.close || this.host.draining);
  }

  private write(method: string, reply: WireReply, closeAfter: boolean): void {
    if (!this.open || this.written) return;
    this.written = true;
    this.stopTimers();
    const done = (): void => {
      this.release();
      this.response?.deliver();
    };
    this.res.cork(() => this.guard(() => writeReply(this.res, method, reply, closeAfter, done)));
  }

  private drop(): void {
    if (!this.open) return;
    this.release();
    this.stopTimers();
    this.response?.cut();
    this.res.close();
  }

  /** An exception that reached the native side would end the process. */
  private guard(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.host.report('The HTTP bridge failed', error);
      this.drop();
    }
  }

  private restartNativeClock(): void {
    if (!this.open) return;
    this.res.pause();
    this.res.resume();
  }

  private aborted(): void {
    this.release();
    this.stopTimers();
    this.response?.cut();
  }

  private stopTimers(): void {
    clearTimeout(this.timer);
    clearInterval(this.keepReading);
  }
}
