import type { Socket as TcpSocket } from 'node:net';
import { normalAddress } from '../peer-address.js';
import type { WaitingAnswer, WaitingAnswers } from '../waiting-answers.js';

/** Node's own time-out of a connection looks at the same number; no public property tells a part of one large write. */
interface WithQueue {
  readonly _handle?: { readonly writeQueueSize?: number } | null;
}

/** The connections of node:net with answers that their peers have not taken: one wait for all answers of a connection. */
export class WaitingConnections {
  private readonly waits = new WeakMap<TcpSocket, { readonly answer: WaitingAnswer; answers: number }>();

  constructor(private readonly waiting: WaitingAnswers) {}

  /** One more whole answer has been given to this connection. */
  begin(tcp: TcpSocket): void {
    const wait = this.waits.get(tcp);
    if (wait !== undefined) {
      wait.answers += 1;
      return;
    }
    const answer = waitingOn(tcp);
    this.waits.set(tcp, { answer, answers: 1 });
    this.waiting.add(answer);
  }

  /** The system has one of them, or the connection is gone. */
  end(tcp: TcpSocket): void {
    const wait = this.waits.get(tcp);
    if (wait === undefined) return;
    wait.answers -= 1;
    if (wait.answers > 0) return;
    this.waits.delete(tcp);
    this.waiting.remove(wait.answer);
  }
}

function waitingOn(tcp: TcpSocket & WithQueue): WaitingAnswer {
  return {
    peerAddress: normalAddress(tcp.remoteAddress ?? ''),
    peerPort: tcp.remotePort ?? null,
    bytes: tcp.writableLength,
    given: () => tcp._handle?.writeQueueSize ?? 0,
    keep: () => undefined,
    cut: () => tcp.destroy(),
  };
}
