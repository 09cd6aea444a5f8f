import type { ListenerOptions } from '../../ports/listener.js';
import type { ErrorCode } from '../../protocol/error-codes.js';
import { edgeAnswer } from '../answer.js';
import type { Crowd, Crowded } from '../crowd.js';
import { normalAddress } from '../peer-address.js';
import { joinHeaders, judgeHead, linesOfRawHeaders, originForm } from '../request-head.js';
import { type Report, lateAnswerCode } from '../rules.js';
import { judgeUpgrade } from '../upgrade.js';
import type { CountedRequest } from './request.js';
import type { SealableResponse } from './response.js';
import type { WaitingConnections } from './waiting-connections.js';

/** What a client may still send of a refused body before the connection is cut, and for how long. */
const LINGER_BYTES = 64 * 1024;
const LINGER_MS = 1_000;

/** One request and its response on the node listener, from its headers to its last byte. */
export class NodeExchange implements Crowded {
  private handlerTimer: NodeJS.Timeout | undefined;
  private lingerTimer: NodeJS.Timeout | undefined;
  private bodyComplete = false;
  private bodiless = false;
  private refusal: ErrorCode | null = null;
  private connectionEnds = false;
  private waits = false;

  constructor(
    private readonly request: CountedRequest,
    private readonly response: SealableResponse,
    private readonly options: ListenerOptions,
    private readonly report: Report,
    private readonly waiting: WaitingConnections,
    private readonly bodies: Crowd,
  ) {}

  /** True until the last byte of the response has been given to the kernel or the connection is gone. */
  get open(): boolean {
    return !this.response.writableFinished && !this.response.destroyed;
  }

  /** True once the whole request has arrived. */
  get received(): boolean {
    return this.bodyComplete;
  }

  /** True from a refusal that ends the connection on: what comes behind it is not a request any more. */
  get ending(): boolean {
    return this.refusal !== null && this.connectionEnds;
  }

  /** Answers, or refuses before any handler runs. `expectsContinue`: the client waits for a 100 before its body. */
  start(expectsContinue: boolean): void {
    const { request, response, options } = this;
    // Writing to a response whose time is over emits an error that nobody else listens to; the answer is ignored.
    response.on('error', () => undefined);
    response.once('close', () => {
      this.stopTimers();
      this.stopWaiting();
      this.bodies.release(this);
    });
    response.once('prefinish', () => this.waitForPeer());
    response.once('finish', () => {
      this.stopWaiting();
      this.lingerForBody();
    });
    request.url = originForm(request.url ?? '/');
    const lines = linesOfRawHeaders(request.rawHeaders);
    const { method = '', url: target, httpVersion } = request;
    const framing = judgeHead({ method, target, lines, httpVersion }, options.maxBodyBytes);
    this.connectionEnds = !framing.ok;
    this.bodiless = framing.ok && !framing.chunked && (framing.contentLength ?? 0) === 0;
    request.watch({ received: (total) => this.bodyGrew(total), complete: () => this.bodyEnded() });
    if (!framing.ok) {
      this.refuse(framing.code);
      return;
    }
    if (request.headers.upgrade !== undefined || request.headers['sec-websocket-key'] !== undefined) {
      // node:http takes half a handshake for an ordinary request; a whole one that no socket wanted is one.
      const verdict = judgeUpgrade(request.method ?? '', joinHeaders(lines));
      if (verdict.kind === 'refused') {
        this.connectionEnds = true;
        this.refuse(verdict.code);
        return;
      }
    }
    if (expectsContinue) response.writeContinue();
    this.handle();
  }

  /** The edge's own answer in place of the handler's. Cuts the connection when the handler has begun to answer. */
  refuse(code: ErrorCode): void {
    const { request, response } = this;
    if (this.refusal !== null) return;
    this.bodies.release(this);
    if (response.headersSent) {
      request.socket.destroy();
      return;
    }
    this.refusal = code;
    this.stopTimers();
    this.connectionEnds ||= !this.bodyComplete && !this.bodiless;
    response.seal(edgeAnswer(code), this.connectionEnds);
    if (!this.connectionEnds) {
      response.finish();
      return;
    }
    // Closing while bytes of the client are unread resets the connection, and the client never sees why: the answer
    // is sent whole, then what still comes is thrown away until it ends or is too much.
    request.resume();
    this.lingerTimer = setTimeout(() => this.finishRefusal(), LINGER_MS);
  }

  get peerAddress(): string {
    return normalAddress(this.request.socket.remoteAddress ?? '');
  }

  /** The bodies on their way are too much, and this one is of who has most of them. */
  cut(): void {
    this.refuse('overloaded');
  }

  /** No further request on this connection after this one. */
  closeAfter(): void {
    if (!this.response.headersSent) this.response.shouldKeepAlive = false;
  }

  /**
   * The connection is gone. node:http tells a request of it only until its response has ended, and of the responses only
   * the one whose turn it is: a handler that reads the body behind a refusal, and whoever waits for the end of a
   * pipelined answer, would wait for ever.
   */
  disconnected(): void {
    this.response.abandon();
    if (!this.request.complete && !this.request.destroyed) this.request.destroy();
  }

  private handle(): void {
    const { request, response, options } = this;
    const failed = (error: unknown): void => {
      if (this.refusal !== null || response.writableEnded || request.socket.destroyed) return;
      this.report('A request handler failed', error);
      this.refuse('internal');
    };
    try {
      const done = options.onRequest(request, response);
      if (done instanceof Promise) done.catch(failed);
    } catch (error) {
      failed(error);
    }
  }

  private bodyGrew(total: number): void {
    if (this.refusal === null && total > this.options.maxBodyBytes) this.refuse('payload_too_large');
    if (this.refusal === null) this.bodies.hold(this, total);
    if (this.refusal !== null && total > this.options.maxBodyBytes + LINGER_BYTES) this.finishRefusal();
  }

  private bodyEnded(): void {
    this.bodyComplete = true;
    this.bodies.release(this);
    if (this.refusal !== null) {
      this.finishRefusal();
      return;
    }
    const { handlerTimeoutMs } = this.options;
    if (handlerTimeoutMs === 0 || this.response.headersSent) return;
    this.handlerTimer = setTimeout(() => {
      if (!this.response.headersSent) this.refuse(lateAnswerCode(this.request.method ?? 'GET'));
    }, handlerTimeoutMs);
  }

  private finishRefusal(): void {
    clearTimeout(this.lingerTimer);
    this.response.finish();
  }

  /** A handler may answer before the body is there; what is left of the body gets a bounded time to arrive. */
  private lingerForBody(): void {
    this.stopTimers();
    if (this.request.complete || this.refusal !== null) return;
    this.lingerTimer = setTimeout(() => {
      if (!this.request.complete) this.request.socket.destroy();
    }, LINGER_MS).unref();
  }

  /** The whole answer is given; what its peer has not taken of it waits, once its turn among pipelined ones has come. */
  private waitForPeer(): void {
    const { response, waiting } = this;
    if (response.writableFinished || response.destroyed || this.waits) return;
    if (response.socket === null) {
      response.once('socket', () => this.waitForPeer());
      return;
    }
    this.waits = true;
    waiting.begin(this.request.socket);
  }

  private stopWaiting(): void {
    if (this.waits) this.waiting.end(this.request.socket);
    this.waits = false;
  }

  private stopTimers(): void {
    clearTimeout(this.handlerTimer);
    clearTimeout(this.lingerTimer);
  }
}
