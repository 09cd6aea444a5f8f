import type { HttpResponse, TemplatedApp } from 'uWebSockets.js';
import type { UwsExchange } from './exchange.js';

/** Bytes of answers that may wait in the native side of one connection before one of them has to prove that they left. */
const UNPROVEN_BYTES = 64 * 1024;

/**
 * What is known of one connection from one request to the next. The native side hands over a response object of its own
 * with every request and says nothing of the connection, but a data handler stays with it: one that is set when the
 * connection opens, and again with every answer, hears every request of it, also of one without a body.
 */
export class UwsConnection {
  /** True from an answer that is the last one: what comes behind it is not run. */
  ended = false;
  private unproven = 0;
  private current: UwsExchange | null = null;
  private readonly onData: (chunk: ArrayBuffer, isLast: boolean) => void;

  constructor(arriving: () => UwsExchange | null, guard: (step: () => void) => void) {
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
  arriving: () => UwsExchange | null,
  guard: (step: () => void) => void,
): void {
  app.filter((res, count) => {
    if (Number(count) > 0) guard(() => new UwsConnection(arriving, guard).listen(res));
  });
}
