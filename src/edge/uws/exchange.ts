import type { HttpResponse } from 'uWebSockets.js';
import type { ListenerOptions } from '../../ports/listener.js';
import type { ErrorCode } from '../../protocol/error-codes.js';
import { edgeAnswer } from '../answer.js';
import type { Report } from '../report.js';
import { lateAnswerCode } from '../timeouts.js';
import type { WaitingAnswers } from '../waiting-answers.js';
import type { UwsConnection } from './connection.js';
import { BridgedRequest, BridgedResponse, type Reply } from './koa-pair.js';
import {
  endSmall,
  isBodiless,
  isSmall,
  sizeOf,
  wireAnswer,
  wireReply,
  writeContinue,
  writeHead,
  type WireReply,
} from './reply.js';
import type { RequestHead } from './request.js';
import { SlowAnswer, type SlowAnswerOwner } from './slow-answer.js';

/** The native side drops a body that takes over 10 s at less than 16 KB/s; starting its clock anew leaves it to ours. */
const KEEP_READING_MS = 5_000;

/** Trailers behind a chunked body come with it; a client that goes away while its handler works is noticed after this. */
const TRAILERS_MS = 1_000;

/** What an exchange needs of its listener. */
export interface ExchangeHost {
  readonly options: ListenerOptions;
  readonly report: Report;
  readonly waiting: WaitingAnswers;
  /** True: no further request on any connection. */
  readonly draining: boolean;
}

/**
 * One request and its answer over uWebSockets.js. `res` is used only while `open`: after an abort or an end every call
 * on it throws. The body is read whole, then handed to the handler with the request, and only when the native parser is
 * through with what it holds: a request behind this one, or bytes that are none, then end the connection before anything
 * is done.
 */
export class UwsExchange implements SlowAnswerOwner {
  open = true;
  continued = false;
  private refusing = false;
  private written = false;
  private head: RequestHead | null = null;
  private chunked = false;
  private chunks: Buffer[] = [];
  private total = 0;
  private response: BridgedResponse | null = null;
  private slow: SlowAnswer | null = null;
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

  /** Lets the request come in; `received` then has all of it. Call it in the native handler. */
  start(head: RequestHead, body: 'none' | 'sized' | 'chunked'): void {
    this.head = head;
    this.chunked = body === 'chunked';
    if (body === 'none') return;
    const { requestTimeoutMs } = this.host.options;
    if (requestTimeoutMs > 0) {
      this.timer = setTimeout(() => this.refuse('request_timeout'), requestTimeoutMs);
    }
    this.keepReading = setInterval(() => this.guard(() => this.restartNativeClock()), KEEP_READING_MS);
    const { expect } = head.headers;
    if (expect === undefined || expect === '100-continue') return;
    this.continued = true;
    writeContinue(this.res);
  }

  /** Bytes of the body, in order; the last call may have none, and a request without a body has only that one. */
  received(connection: UwsConnection, chunk: ArrayBuffer, isLast: boolean): void {
    const { head } = this;
    if (!this.open || this.refusing) return;
    if (connection.ended || head === null) {
      this.refusing = true;
      this.stopTimers();
      setImmediate(() => this.guard(() => this.drop()));
      return;
    }
    this.total += chunk.byteLength;
    if (this.total > this.host.options.maxBodyBytes) {
      this.chunks.length = 0;
      this.refuse('payload_too_large');
      return;
    }
    // The bytes are the parser's own and change after the call.
    if (chunk.byteLength > 0) this.chunks.push(Buffer.from(new Uint8Array(chunk)));
    if (!isLast) return;
    this.stopTimers();
    setImmediate(() => this.guard(() => this.whole(head, connection)));
  }

  /**
   * The edge's own answer to a request that is not over: the connection ends with it. Sent after the native parser is
   * through with what it holds, because until then an answered request lets it run the next one behind it (and where
   * framing is in doubt, that one may be smuggled); a pending one makes it drop the connection instead.
   */
  refuse(code: ErrorCode, head = this.head): void {
    if (this.refusing || !this.open) return;
    this.head = head;
    this.refusing = true;
    this.stopTimers();
    setImmediate(() => {
      this.guard(() => {
        if (!this.open || this.written) return;
        this.written = true;
        this.answerSlowly().last(wireAnswer(edgeAnswer(code)));
      });
    });
  }

  get method(): string {
    return this.head?.method ?? 'GET';
  }

  get peerAddress(): string {
    return this.head?.peerAddress ?? '';
  }

  delivered(): void {
    this.response?.deliver();
  }

  drop(): void {
    if (!this.open) return;
    this.release();
    this.stopTimers();
    this.slow?.aborted();
    this.response?.cut();
    this.res.close();
  }

  /** An exception that reached the native side would end the process. */
  guard(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.host.report('The HTTP bridge failed', error);
      this.drop();
    }
  }

  /** All of the request is there, and the parser holds nothing behind it. */
  private whole(head: RequestHead, connection: UwsConnection): void {
    if (!this.open || this.refusing) return;
    if (this.chunked) this.stopReading();
    const { chunks } = this;
    const [only] = chunks;
    const body = chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks);
    this.handle(head, connection, this.total === 0 ? null : body);
  }

  /**
   * The native parser takes the trailers of a chunked body for another request and answers them with an error. What
   * comes behind such a body is therefore not read: its answer is the last one of the connection. Reading goes on only
   * while a handler takes long, because a client that goes away is not noticed otherwise.
   */
  private stopReading(): void {
    this.res.pause();
    this.keepReading = setTimeout(() => {
      this.guard(() => this.restartNativeClock());
      this.keepReading = setInterval(() => this.guard(() => this.restartNativeClock()), KEEP_READING_MS);
    }, TRAILERS_MS);
  }

  private handle(head: RequestHead, connection: UwsConnection, body: Buffer | null): void {
    const { options, report } = this.host;
    const { method } = head;
    const request = new BridgedRequest(head, body);
    const response = new BridgedResponse(request, (reply) => this.replied(method, connection, reply));
    this.response = response;
    const failed = (error: unknown): void => {
      if (!this.open || this.written) return;
      report('A request handler failed', error);
      this.answer(method, connection, 'internal');
    };
    try {
      const done = options.onRequest(request, response);
      if (done instanceof Promise) done.catch(failed);
    } catch (error) {
      failed(error);
    }
    if (!this.open || this.written || options.handlerTimeoutMs === 0) return;
    const late = (): void => this.answer(method, connection, lateAnswerCode(method));
    this.timer = setTimeout(() => this.guard(late), options.handlerTimeoutMs);
  }

  /** The edge's answer in place of the handler's; what the handler says later is dropped. */
  private answer(method: string, connection: UwsConnection, code: ErrorCode): void {
    this.response?.cut();
    this.write(method, connection, wireAnswer(edgeAnswer(code)));
  }

  private replied(method: string, connection: UwsConnection, reply: Reply | null): void {
    if (!this.open || this.written) return;
    if (reply === null) this.drop();
    else this.write(method, connection, wireReply(reply));
  }

  private write(method: string, connection: UwsConnection, reply: WireReply): void {
    if (!this.open || this.written) return;
    this.written = true;
    this.stopTimers();
    const closes = reply.close || this.host.draining || this.chunked;
    // As the native side reads the header: any word of this length.
    const isLast = closes || this.head?.headers['connection']?.length === 5;
    if (isLast) connection.ended = true;
    const bodiless = reply.body.length === 0 || isBodiless(method, reply.status);
    const slow = connection.owesProof || this.chunked || (isLast && !(connection.clear && !(closes && bodiless)));
    if (!slow && (bodiless || isSmall(reply.body))) this.send(method, connection, reply, closes);
    else if (!bodiless) this.answerSlowly().hold(connection, reply, closes);
    else this.answerSlowly().last(reply);
  }

  /** The usual way: out at once, and counted. */
  private send(method: string, connection: UwsConnection, reply: WireReply, closes: boolean): void {
    const { res } = this;
    connection.gave(sizeOf(method, reply));
    res.cork(() => {
      this.guard(() => {
        connection.listen(res);
        writeHead(res, reply, this.continued);
        endSmall(res, method, reply, closes);
        this.release();
      });
    });
    this.response?.deliver();
  }

  private answerSlowly(): SlowAnswer {
    this.slow = new SlowAnswer(this.res, this, this.host.waiting);
    return this.slow;
  }

  private restartNativeClock(): void {
    if (!this.open) return;
    this.res.pause();
    this.res.resume();
  }

  private aborted(): void {
    this.release();
    this.stopTimers();
    this.slow?.aborted();
    this.response?.cut();
  }

  private stopTimers(): void {
    clearTimeout(this.timer);
    clearInterval(this.keepReading);
  }
}
