import { WebSocket, type ClientOptions } from 'ws';

/** A frame from the server, parsed. */
export type Frame = Readonly<Record<string, unknown>>;

export interface Closed {
  readonly code: number;
  readonly reason: string;
}

export interface SocketClient {
  /** Everything received so far. */
  readonly frames: readonly Frame[];
  /** The subprotocol that the server chose, '' for none. */
  readonly protocol: string;
  /** The extensions that the server agreed to, '' for none. */
  readonly extensions: string;
  /** Settles once the socket has ended; 1006 where no close frame came. */
  readonly closed: Promise<Closed>;
  /** The first frame that fits and was not returned before; waits for it, then fails with what came instead. */
  next(fits: (frame: Frame) => boolean, timeoutMs?: number): Promise<Frame>;
  /** As `next`, by type. */
  nextOf(type: string, timeoutMs?: number): Promise<Frame>;
  /** Objects are sent as JSON, strings and bytes as they are (bytes: binary unless told otherwise). */
  send(frame: object | string | Uint8Array, options?: { readonly binary: boolean }): void;
  /** Sends a ping command and waits for its pong: the socket is live, and all it was sent before has arrived. */
  sync(): Promise<Frame>;
  /** Stops or goes on reading from the network. */
  pause(): void;
  resume(): void;
  /** Closes and waits for the end. */
  close(): Promise<void>;
}

const open = new Set<WebSocket>();

/** Opens a socket; rejects where the upgrade is refused. */
export async function connect(
  url: string,
  options: ClientOptions & { readonly protocols?: readonly string[] } = {},
): Promise<SocketClient> {
  const { protocols, ...rest } = options;
  const socket = new WebSocket(url, [...(protocols ?? [])], { perMessageDeflate: false, ...rest });
  const client = wrap(socket);
  open.add(socket);
  socket.once('close', () => open.delete(socket));
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  return client;
}

/** Drops every socket that a test left open; belongs into an `afterEach`. */
export function dropSockets(): void {
  for (const socket of open) socket.terminate();
}

interface Waiter {
  readonly fits: (frame: Frame) => boolean;
  readonly resolve: (frame: Frame) => void;
}

function wrap(socket: WebSocket): SocketClient {
  const frames: Frame[] = [];
  const unread = new Set<Frame>();
  const waiters = new Set<Waiter>();
  let syncs = 0;

  socket.on('message', (data: Buffer) => {
    const frame = JSON.parse(data.toString('utf8')) as Frame;
    frames.push(frame);
    const waiter = [...waiters].find((candidate) => candidate.fits(frame));
    if (waiter === undefined) {
      unread.add(frame);
    } else {
      // Now, not when the promise is seen: one read from the network brings many frames.
      waiters.delete(waiter);
      waiter.resolve(frame);
    }
  });
  const closed = new Promise<Closed>((resolve) => {
    socket.once('close', (code, reason) => resolve({ code, reason: reason.toString('utf8') }));
  });
  // The 'close' that follows tells what happened.
  socket.on('error', () => undefined);

  async function next(fits: (frame: Frame) => boolean, timeoutMs = 5_000): Promise<Frame> {
    const known = [...unread].find(fits);
    if (known !== undefined) {
      unread.delete(known);
      return known;
    }
    let timer: NodeJS.Timeout | undefined;
    let waiter: Waiter | undefined;
    const arrival = new Promise<Frame>((resolve, reject) => {
      waiter = { fits, resolve };
      waiters.add(waiter);
      const fail = (why: string): void => reject(new Error(`${why}; received: ${summary(frames)}`));
      timer = setTimeout(() => fail('no such frame in time'), timeoutMs);
      void closed.then(({ code }) => fail(`the socket closed with ${code}`));
    });
    return arrival.finally(() => {
      clearTimeout(timer);
      if (waiter !== undefined) waiters.delete(waiter);
    });
  }

  return {
    frames,
    closed,
    next,
    get protocol() {
      return socket.protocol;
    },
    get extensions() {
      return socket.extensions;
    },
    nextOf: (type, timeoutMs) => next((frame) => frame['type'] === type, timeoutMs),
    send(frame, options) {
      if (frame instanceof Uint8Array) socket.send(frame, { binary: options?.binary ?? true });
      else socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
    },
    sync() {
      syncs += 1;
      const id = `sync-${syncs}`;
      socket.send(JSON.stringify({ type: 'ping', id }));
      return next((frame) => frame['type'] === 'pong' && frame['id'] === id);
    },
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    async close() {
      socket.close();
      await closed;
    },
  };
}

function summary(frames: readonly Frame[]): string {
  return JSON.stringify(frames.slice(-20)).slice(0, 2_000);
}
