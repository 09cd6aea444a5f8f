import type { IncomingMessage, ServerResponse } from 'node:http';

/** What `koa.callback()` returns; both listeners call it for every request that is not a WebSocket upgrade. */
export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void> | void;

/**
 * What a listener may hand over as the request: one whose body it has read already, all of it and within
 * {@link ListenerOptions.maxBodyBytes}. Reading it as a stream gives the same bytes.
 */
export interface BufferedRequest extends IncomingMessage {
  /** Null where the request has no body. */
  readonly wholeBody: Buffer | null;
}

/** The upgrade request of a socket, copied: nothing in it dies with the handler. */
export interface Handshake {
  /** As sent, not decoded, without the query. */
  readonly path: string;
  /** As sent, without `?`; empty where there is none. */
  readonly query: string;
  /** Keys in lower case; repeated headers joined by ", ". */
  readonly headers: Readonly<Record<string, string>>;
  /** Of the TCP peer, before any proxy is believed. */
  readonly peerAddress: string;
}

/** What happened to a frame given to `send`. `refused`: the bound on queued bytes is reached, nothing was queued. */
export type SendResult = 'sent' | 'queued' | 'refused' | 'closed';

/**
 * One WebSocket, transport-free. Every call is safe after the close: it does nothing.
 * Frames leave in the order of `send`; a frame is sent whole or, if the connection breaks, not at all.
 */
export interface Socket {
  readonly id: number;
  /** UTF-8 text frame, already encoded; the same buffer may be given to many sockets and is not changed. */
  send(frame: Uint8Array): SendResult;
  /** Bytes of frames that have not left the process, whoever wrote them: the answers to the peer's pings as well. */
  queuedBytes(): number;
  /** Bytes of frames so far, likewise: what has left is this less `queuedBytes`. */
  writtenBytes(): number;
  /**
   * Sends a WebSocket ping behind what is queued. It asks for something that nobody can guess, so that only who reads up to
   * it can answer, and `pong` tells. A repeat before the answer asks for the same.
   */
  ping(): void;
  /**
   * Sends a close frame after what is queued. Drops the connection if the peer takes too long to read that far, or if more
   * is queued meanwhile than the bound; the wait for the peer's own end is bounded too.
   */
  close(code: number, reason: string): void;
  /** Drops the connection at once. */
  terminate(): void;
}

/** What the transport tells about one socket, in order, never after `closed`. None of these may throw. */
export interface SocketListener {
  /** A whole message; the bytes are valid only during the call. `binary` frames are told apart by the flag. */
  message(data: Uint8Array, binary: boolean): void;
  /** The queue has become shorter after a `queued` or `refused`. */
  drained(): void;
  /** The peer has sent a ping. The transport answers it, which counts as queued; of several that wait one may be answered. */
  ping(): void;
  /** The peer has sent a pong. `isAnswer`: to `ping()`, so that it has read all that was sent before; else nobody asked. */
  pong(isAnswer: boolean): void;
  /** Once, last. 1006 where no close frame was seen. */
  closed(code: number): void;
}

/** The side above the transport. */
export interface SocketHandler {
  /**
   * Decides on an upgrade without waiting. `null`: this path is no WebSocket, answered 404 by the HTTP side.
   * `protocol`: the subprotocol to echo, where one was offered and chosen.
   */
  accept(handshake: Handshake): { readonly protocol: string | null } | null;
  /** The socket is open; authentication happens behind it, because a browser can read close codes only. */
  open(socket: Socket, handshake: Handshake): SocketListener;
}

export interface ListenerOptions {
  readonly host: string;
  /** 0 = any free port. */
  readonly port: number;
  readonly onRequest: RequestHandler;
  readonly sockets: SocketHandler;
  /** Bytes of one message; a larger one closes the socket with 1009. */
  readonly maxFrameBytes: number;
  /** Bytes queued for one socket; above that `send` is `refused`, and a socket that is closing is dropped. */
  readonly maxQueuedBytes: number;
  /** Bytes of a request body; a larger one is 413 before the whole of it was read. */
  readonly maxBodyBytes: number;
  /** Bytes of all request headers. */
  readonly maxHeaderBytes: number;
  /** Milliseconds for a request's headers and body to arrive; 0 = no limit. */
  readonly requestTimeoutMs: number;
  /** Milliseconds for a handler to answer before 503; 0 = no limit. */
  readonly handlerTimeoutMs: number;
  /** Milliseconds without any byte before a socket is dropped; the transport pings by itself well before. */
  readonly idleTimeoutMs: number;
}

/**
 * A port that serves HTTP and WebSockets. `listen` rejects with a clear error when the port is busy (EADDRINUSE) and
 * resolves to the real port. `stopAccepting` refuses new connections and lets the open ones go on; `close` drops
 * what is left. Both may be called repeatedly.
 */
export interface Listener {
  readonly kind: 'uws' | 'node';
  listen(): Promise<{ readonly port: number }>;
  stopAccepting(): void;
  close(): Promise<void>;
}
