import type { Socket as TcpSocket } from 'node:net';
import { normalAddress } from '../peer-address.js';
import type { WaitingAnswer } from '../waiting-answers.js';

/** Node's own time-out of a connection looks at the same number; no public property tells a part of one large write. */
interface WithQueue {
  readonly _handle?: { readonly writeQueueSize?: number } | null;
}

/** What a connection of node:net still has to send, as an answer that waits for its peer. */
export function waitingOn(tcp: TcpSocket & WithQueue): WaitingAnswer {
  return {
    peerAddress: normalAddress(tcp.remoteAddress ?? ''),
    peerPort: tcp.remotePort ?? null,
    bytes: tcp.writableLength,
    given: () => tcp._handle?.writeQueueSize ?? 0,
    keep: () => undefined,
    cut: () => tcp.destroy(),
  };
}
