import type { HttpResponse } from 'uWebSockets.js';
import type { ErrorCode } from '../../protocol/error-codes.js';
import { edgeAnswer } from '../answer.js';
import { lateAnswerCode } from '../rules.js';
import { ArrivedBody } from './arrived-body.js';
import type { Arriving, UwsConnection, ExchangeHost } from './connection.js';
import { BridgedRequest, BridgedResponse, type KoaReply } from './koa-pair.js';
import { NativeReading } from './reading.js';
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

/**
 * One request and its answer over uWebSockets.js. `res` is used only while `open`: after an abort or an end every call
 * on it throws. The body is read whole, then handed to the handler with the request, and only when the native parser is
 * through with what it holds: a request behind this one, or bytes that are none, then end the connection before anything
 * is done.
 */
export class UwsExchange implements SlowAnswerOwner, Arriving {
  open = true;
  continued = false;
  private refusing = false;
  private written = false;
  private head: RequestHead | null = null;
  private chunked = false;
  private connection: UwsConnection | null = null;
  private readonly body: ArrivedBody;
  private response: BridgedResponse | null = null;
  private slow: SlowAnswer | null = null;
  private timer: NodeJS.Timeout | undefined;
  private reading: NativeReading | null = null;

  /** Registers for the abort before anything else: returning without it ends the process. */
  constructor(
    private readonly res: HttpResponse,
    private readonly host: ExchangeHost,
  ) {
    this.body = new ArrivedBody(host.bodies, () => this.refuse('overloaded'));
    res.onAborted(() => this.guard(() => this.aborted()));
  }

  /** The native response has become a socket, or is otherwise no longer ours. */
  release(): void {
    this.open = false;
  }

  /** Hears its own body, whichever connection it is of, and is the last request of that. Call it in the native handler. */
  readAlone(): void {
    const connection = this.host.unknownConnection();
    this.chunked = true;
    this.res.onData((chunk, isLast) => this.guard(() => this.received(connection, chunk, isLast)));
  }

  /** Lets the request come in. Call it in the native handler. */
  start(head: RequestHead, hasBody: boolean): void {
    this.head = head;
    if (!hasBody) {
      this.runSoon(head);
      return;
    }
    this.body.peerAddress = head.peerAddress;
    const { requestTimeoutMs } = this.host.options;
    if (requestTimeoutMs > 0) {
      this.timer = setTimeout(() => this.refuse('request_timeout'), requestTimeoutMs);
    }
    this.reading = this.newReading();
    this.reading.keep();
    const { expect } = head.headers;
    if (expect === undefined || expect === '100-continue') return;
    this.continued = true;
    writeContinue(this.res);
  }

  received(connection: UwsConnection, chunk: ArrayBuffer, isLast: boolean): void {
    const { head } = this;
    this.connection = connection;
    if (!this.open || this.refusing || head === null) return;
    this.body.add(chunk, isLast);
    if (this.body.length > this.host.options.maxBodyBytes) {
      this.body.drop();
      this.refuse('payload_too_large');
      return;
    }
    if (isLast && (this.chunked || this.body.length > 0)) this.runSoon(head);
  }

  /** When the parser is through: it may hold something behind this request, which ends the connection. */
  private runSoon(head: RequestHead): void {
    this.stopTimers();
    setImmediate(() => this.guard(() => this.whole(head)));
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
  private whole(head: RequestHead): void {
    if (!this.open || this.refusing) return;
    const connection = this.connection ?? this.host.unknownConnection();
    if (connection.ended) {
      this.drop();
      return;
    }
    if (this.chunked) {
      this.reading = this.newReading();
      this.reading.hold();
    }
    this.handle(head, connection, this.body.whole());
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

  private replied(method: string, connection: UwsConnection, reply: KoaReply | null): void {
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
    this.slow = new SlowAnswer(this.res, this, this.host.waiting, this.head);
    return this.slow;
  }

  private aborted(): void {
    this.release();
    this.stopTimers();
    this.slow?.aborted();
    this.response?.cut();
  }

  private newReading(): NativeReading {
    return new NativeReading(this.res, (step) => {
      if (this.open) this.guard(step);
    });
  }

  private stopTimers(): void {
    clearTimeout(this.timer);
    this.reading?.stop();
    this.body.stop();
  }
}
