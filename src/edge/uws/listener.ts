import { createServer } from 'node:net';
import type { HttpRequest, HttpResponse, TemplatedApp, us_listen_socket, us_socket_context_t } from 'uWebSockets.js';
import type { Listener, ListenerOptions } from '../../ports/listener.js';
import { Crowd } from '../crowd.js';
import { BODIES_BYTES, type Report } from '../rules.js';
import { judgeHead } from '../request-head.js';
import { judgeUpgrade } from '../upgrade.js';
import { WaitingAnswers } from '../waiting-answers.js';
import { trackConnections, UwsConnection, type ExchangeHost } from './connection.js';
import { UwsExchange } from './exchange.js';
import type { UwsModule } from './load.js';
import { readRequestHead } from './request.js';
import { UwsSockets } from './sockets.js';

/**
 * A line with an empty name ends the native list of headers, so that a Content-Length behind it is not seen and the body
 * would be run as the next request. Requests of these methods have one, of any client that means a body or none.
 */
const WITH_BODY: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH']);

type Host = ExchangeHost & { draining: boolean };

/**
 * uWebSockets.js behind the port: sockets are native, every other request goes in-process to the handler.
 *
 * What its parser decides before anything here is asked, and node:http does otherwise: HTTP/1.0 and targets not in
 * origin form are 505; its own 400, 431 and 505 have a short HTML body; a second request before the answer to the first,
 * and a half-closed connection, end the connection; a frame behind the handshake in one packet is lost (RFC 6455 forbids
 * it); a socket that breaks the protocol, or sends over twice the frame limit, ends without a close frame (1006); the
 * mask bit of a frame is taken for granted. What it hides, and what is done about that: docs/adr/0017.
 */
export class UwsListener implements Listener {
  readonly kind = 'uws';
  private readonly sockets: UwsSockets;
  private readonly host: Host;
  /** Of the request whose head was read last: what the parser tells next is its body. */
  private arriving: UwsExchange | null = null;
  private port = 0;
  private app: TemplatedApp | null = null;
  private listening: us_listen_socket | null = null;

  constructor(
    private readonly uws: UwsModule,
    private readonly options: ListenerOptions,
    private readonly report: Report,
  ) {
    this.sockets = new UwsSockets(options, report);
    const unknownConnection = (): UwsConnection =>
      new UwsConnection(
        () => this.arriving,
        (step) => this.guard(step),
        false,
      );
    this.host = {
      options,
      report,
      draining: false,
      waiting: new WaitingAnswers(() => this.port, report),
      bodies: new Crowd(BODIES_BYTES),
      unknownConnection,
    };
  }

  async listen(): Promise<{ readonly port: number }> {
    const { uws, options } = this;
    const app = uws.App();
    app.ws('/*', { ...this.sockets.behavior(), upgrade: (res, req, context) => this.route(res, req, context) });
    app.any('/*', (res, req) => this.route(res, req, null));
    trackConnections(
      app,
      () => this.arriving,
      (step) => this.guard(step),
    );
    const listening = await new Promise<us_listen_socket | false>((resolve) => {
      // Shared by default: a second process would take half of the connections. The type package has no such overload.
      const listen = app.listen.bind(app) as unknown as (
        host: string,
        port: number,
        flags: number,
        done: (socket: us_listen_socket | false) => void,
      ) => void;
      listen(options.host, options.port, uws.LIBUS_LISTEN_EXCLUSIVE_PORT, resolve);
    });
    if (listening === false) {
      app.close();
      throw await listenError(options.host, options.port);
    }
    this.app = app;
    this.listening = listening;
    this.port = uws.us_socket_local_port(listening);
    return { port: this.port };
  }

  stopAccepting(): void {
    this.host.draining = true;
    if (this.listening === null) return;
    this.uws.us_listen_socket_close(this.listening);
    this.listening = null;
  }

  close(): Promise<void> {
    this.stopAccepting();
    this.app?.close();
    this.app = null;
    return Promise.resolve();
  }

  /** Every request: onto the exchange first of all, then judged, then to the socket side or the handler. */
  private route(res: HttpResponse, req: HttpRequest, context: us_socket_context_t | null): void {
    const exchange = new UwsExchange(res, this.host);
    this.arriving = exchange;
    try {
      const head = readRequestHead(res, req);
      if (head.headers['transfer-encoding'] !== undefined) this.readAlone(exchange);
      const framing = judgeHead({ ...head, httpVersion: '1.1' }, this.options.maxBodyBytes);
      if (!framing.ok) {
        exchange.refuse(framing.code, head);
        return;
      }
      const verdict = judgeUpgrade(head.method, head.headers);
      if (verdict.kind === 'refused') {
        exchange.refuse(verdict.code, head);
        return;
      }
      if (!framing.chunked && framing.contentLength === null && WITH_BODY.has(head.method)) {
        exchange.refuse('bad_request', head);
        return;
      }
      const accepted = verdict.kind === 'socket' && context !== null ? this.sockets.accept(head) : null;
      if (accepted !== null && context !== null) {
        exchange.release();
        this.sockets.upgrade(res, head, accepted.protocol, context);
      } else {
        exchange.start(head, framing.chunked || (framing.contentLength ?? 0) > 0);
      }
    } catch (error) {
      this.report('A socket handler failed', error);
      this.readAlone(exchange);
      exchange.refuse('internal');
    }
  }

  private readAlone(exchange: UwsExchange): void {
    this.arriving = null;
    exchange.readAlone();
  }

  private guard(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.report('The HTTP bridge failed', error);
    }
  }
}

/** The native side only says that it failed; node:net, asked for the same address, says why. */
function listenError(host: string, port: number): Promise<Error> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', resolve);
    probe.listen({ host, port, exclusive: true }, () => {
      probe.close(() => resolve(new Error(`Cannot listen on ${host}:${String(port)}`)));
    });
  });
}
