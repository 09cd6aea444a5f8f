import type { HttpResponse, TemplatedApp } from 'uWebSockets.js';
import type { ListenerOptions } from '../../ports/listener.js';
import type { Crowd } from '../crowd.js';
import type { Report } from '../rules.js';
import type { WaitingAnswers } from '../waiting-answers.js';

/** Bytes of answers that may wait in the native side of one connection before one of them has to prove that they left. */
const UNPROVEN_BYTES = 64 * 1024;

/** The request that comes in on a connection. */
export interface Arriving {
  /** Bytes of its body, in order; the last call may have none, and a request without a body has only that one. */
  received(connection: UwsConnection, chunk: ArrayBuffer, isLast: boolean): void;
}

/**
 * What is known of one connection from one request to the next. The native side hands over a response object of its own
 * with every request and says nothing of the connection, but a data handler stays with it: one that is set when the
 * connection opens, and again with every answer, hears the requests of it.
 *
 * It hears of a request right behind its head, in the same native call, and so knows which one it is: also of one without
 * a body. Two kinds are exceptions. Chunks may come later, so that such a request has a handler of its own and is the last
 * of its connection. Of a `Content-Length: 0` whose head came in pieces nothing is heard: it goes on as if nothing was
 * known of its connection, with an answer that has to prove that it left.
 */
export class UwsConnection {
  /** True from an answer that is the last one: what comes behind it is not run. */
  ended = false;
  private unproven = 0;
  private current: Arriving | null = null;
  private readonly onData: (chunk: ArrayBuffer, isLast: boolean) => void;

  /** `arriving`: the request whose head was read last. `known`: false where earlier requests may have gone before. */
  constructor(arriving: () => Arriving | null, guard: (step: () => void) => void, known: boolean) {
    if (!known) this.unproven = UNPROVEN_BYTES;
    this.onData = (chunk, isLast) => {
      guard(() => {
        this.current ??= arriving();
        const exchange = this.current;
        if (isLast) this.current = null;
        exchange?.received(this, chunk, isLast);
      });
    };
  }

  /** To be called with each answer before its end: the native side forgets the handler when a request is whole. */
  listen(res: HttpResponse): void {
    res.onData(this.onData);
  }

  /** Counts bytes that were given to the native side, of which nobody can say whether the peer takes them. */
  gave(bytes: number): void {
    this.unproven += bytes;
  }

  /** Everything that was given has left the process. */
  proved(): void {
    this.unproven = 0;
  }

  /** Nothing can wait: no answer was given, or the last one has been seen to leave. */
  get clear(): boolean {
    return this.unproven === 0;
  }

  /** The next answer has to wait until the ones before it have left. */
  get owesProof(): boolean {
    return this.unproven >= UNPROVEN_BYTES;
  }
}

/** Gives every connection of the app its own {@link UwsConnection} from the start. */
export function trackConnections(
  app: TemplatedApp,
  arriving: () => Arriving | null,
  guard: (step: () => void) => void,
): void {
  app.filter((res, count) => {
    if (Number(count) > 0) guard(() => new UwsConnection(arriving, guard, true).listen(res));
  });
}

/** What an exchange needs of its listener. */
export interface ExchangeHost {
  readonly options: ListenerOptions;
  readonly report: Report;
  readonly waiting: WaitingAnswers;
  /** Bodies on their way. */
  readonly bodies: Crowd;
  /** A record for the rest of a connection of which nothing is known. */
  unknownConnection(): UwsConnection;
  /** True: no further request on any connection. */
  readonly draining: boolean;
}
