import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket as TcpSocket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Listener, ListenerOptions } from '../../ports/listener.js';
import type { ErrorCode } from '../../protocol/error-codes.js';
import { BODIES_BYTES, type Report, IDLE_HTTP_MS } from '../rules.js';
import { joinHeaders, linesOfRawHeaders } from '../request-head.js';
import { hasBody } from '../upgrade.js';
import { Crowd } from '../crowd.js';
import { WaitingAnswers } from '../waiting-answers.js';
import { NodeExchange } from './exchange.js';
import { refuseConnection } from './refuse.js';
import { CountedRequest } from './request.js';
import { SealableResponse } from './response.js';
import { NodeSockets } from './sockets.js';
import { WaitingConnections } from './waiting-connections.js';

/**
 * Requests of one connection that may wait for their answers. One packet of 64 KB holds 1,400 small ones, which
 * node:http hands over at once, and each holds 8 KB until the answers before it have left.
 */
const MOST_PIPELINED = 16;

type NodeServer = Server<typeof CountedRequest, typeof SealableResponse>;

/** node:http and `ws` behind the port: runs wherever Node runs. */
export class NodeListener implements Listener {
  readonly kind = 'node';
  private readonly server: NodeServer;
  private readonly sockets: NodeSockets;
  private readonly connections = new Set<Duplex>();
  /** The newest exchange of each connection: what a parse error or a time-out is about. */
  private readonly newest = new Map<Duplex, NodeExchange>();
  /** Pipelined ones answer in turn, so a connection may have several. */
  private readonly unanswered = new Map<Duplex, Set<NodeExchange>>();
  private readonly waiting: WaitingConnections;
  private readonly bodies = new Crowd(BODIES_BYTES);
  private draining = false;
  private port = 0;
  private closed: Promise<void> | null = null;
  /** Kept from the start: with idle connections only, the server has closed before `close` is called. */
  private readonly serverClosed: Promise<void>;

  constructor(
    private readonly options: ListenerOptions,
    private readonly report: Report,
  ) {
    this.sockets = new NodeSockets(options, report);
    this.server = createHttpServer(options);
    this.waiting = new WaitingConnections(new WaitingAnswers(() => this.port, report));
    this.serverClosed = new Promise((resolve) => this.server.once('close', resolve));
    this.server.on('connection', (tcp) => this.connected(tcp));
    this.server.on('request', (request, response) => this.begin(request, response, false));
    this.server.on('checkContinue', (request, response) => this.begin(request, response, true));
    this.server.on('checkExpectation', (request, response) => this.begin(request, response, false));
    this.server.on('upgrade', (request, tcp, head) => this.upgrade(request, tcp, head));
    this.server.on('clientError', (error, tcp) => this.failed(error, tcp));
  }

  listen(): Promise<{ readonly port: number }> {
    const { host, port } = this.options;
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen({ host, port, exclusive: true }, () => {
        this.server.removeListener('error', reject);
        this.server.on('error', (error) => this.report('The listener failed', error));
        this.port = (this.server.address() as AddressInfo).port;
        resolve({ port: this.port });
      });
    });
  }

  stopAccepting(): void {
    if (this.draining) return;
    this.draining = true;
    if (this.server.listening) this.server.close();
    for (const exchange of this.newest.values()) exchange.closeAfter();
  }

  close(): Promise<void> {
    this.closed ??= new Promise((resolve) => {
      const wasListening = this.server.listening || this.draining;
      this.stopAccepting();
      this.sockets.close();
      for (const tcp of this.connections) tcp.destroy();
      if (!wasListening || this.connections.size === 0) resolve();
      else void this.serverClosed.then(resolve);
    });
    return this.closed;
  }

  private connected(tcp: TcpSocket): void {
    this.connections.add(tcp);
    tcp.once('close', () => {
      this.connections.delete(tcp);
      const exchanges = [this.newest.get(tcp), ...(this.unanswered.get(tcp) ?? [])];
      this.newest.delete(tcp);
      this.unanswered.delete(tcp);
      for (const exchange of exchanges) exchange?.disconnected();
    });
  }

  private begin(request: CountedRequest, response: SealableResponse, expectsContinue: boolean): void {
    const tcp = request.socket;
    if (tcp.destroyed || this.newest.get(tcp)?.ending === true) return;
    if ((this.unanswered.get(tcp)?.size ?? 0) >= MOST_PIPELINED) {
      tcp.destroy();
      return;
    }
    const exchange = new NodeExchange(request, response, this.options, this.report, this.waiting, this.bodies);
    this.newest.set(tcp, exchange);
    this.keepUntilAnswered(exchange, tcp, response);
    if (this.draining) exchange.closeAfter();
    exchange.start(expectsContinue);
  }

  private keepUntilAnswered(exchange: NodeExchange, tcp: TcpSocket, response: SealableResponse): void {
    const unanswered = this.unanswered.get(tcp) ?? new Set();
    this.unanswered.set(tcp, unanswered.add(exchange));
    response.once('close', () => unanswered.delete(exchange));
  }

  private upgrade(request: CountedRequest, stream: Duplex, head: Buffer): void {
    const tcp = stream as TcpSocket;
    tcp.on('error', () => tcp.destroy());
    // A pipelined handshake would have to wait for the answers before it: no client sends one (RFC 6455, 4.1).
    if (this.newest.get(tcp)?.open === true) {
      tcp.destroy();
      return;
    }
    if (this.sockets.take(request, tcp, head)) return;
    // node:http reads no body behind a wish to change the protocol, although nobody has to grant it.
    if (hasBody(joinHeaders(linesOfRawHeaders(request.rawHeaders)))) {
      refuseConnection(tcp, 'bad_request');
      return;
    }
    // node:http has let go of the connection, so the answer takes it over and is its last.
    const response = new SealableResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(tcp);
    response.once('finish', () => tcp.destroySoon());
    this.begin(request, response, false);
  }

  private failed(error: NodeJS.ErrnoException, tcp: Duplex): void {
    const exchange = this.newest.get(tcp);
    // Refused already, and ending with that answer: what comes behind it gets no second one.
    if (exchange?.ending === true && !tcp.destroyed && error.code !== 'ECONNRESET') return;
    if (error.code === 'ECONNRESET' || !tcp.writable) {
      tcp.destroy();
    } else if (exchange?.open !== true) {
      refuseConnection(tcp, errorCode(error));
    } else if (exchange.received) {
      exchange.closeAfter();
    } else {
      exchange.refuse(errorCode(error));
    }
  }
}

function errorCode(error: NodeJS.ErrnoException): ErrorCode {
  if (error.code === 'HPE_HEADER_OVERFLOW') return 'headers_too_large';
  return error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 'request_timeout' : 'bad_request';
}

function createHttpServer(options: ListenerOptions): NodeServer {
  const { requestTimeoutMs } = options;
  const headersTimeout = requestTimeoutMs === 0 ? IDLE_HTTP_MS : Math.min(requestTimeoutMs, IDLE_HTTP_MS);
  return createServer({
    IncomingMessage: CountedRequest,
    ServerResponse: SealableResponse,
    joinDuplicateHeaders: true,
    // Judged with the rest of the head: node:http would answer by itself and then run what comes behind.
    requireHostHeader: false,
    maxHeaderSize: options.maxHeaderBytes,
    requestTimeout: requestTimeoutMs,
    headersTimeout,
    keepAliveTimeout: IDLE_HTTP_MS,
    connectionsCheckingInterval: Math.max(50, Math.min(1_000, headersTimeout / 4)),
  });
}
