import { createHash } from 'node:crypto';
import Koa from 'koa';
import { setNativeHeaderLimit } from '../../../src/config/env.js';
import { openListener } from '../../../src/edge/open-listener.js';
import type {
  Handshake,
  Listener,
  ListenerOptions,
  Socket,
  SocketHandler,
  SocketListener,
} from '../../../src/ports/listener.js';
import { LIMITS } from '../../../src/protocol/limits.js';
import { RawClient } from './raw-client.js';

export const KINDS = ['node', 'uws'] as const;
export type Kind = (typeof KINDS)[number];

/** What the echo handler answers. */
export interface Echo {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly ip: string;
  readonly bytes: number;
  readonly sha256: string;
}

export interface Edge {
  readonly listener: Listener;
  readonly port: number;
  readonly warnings: readonly { readonly message: string; readonly cause: unknown }[];
  connect(): Promise<RawClient>;
  stop(): Promise<void>;
}

export const NO_SOCKETS: SocketHandler = {
  accept: () => null,
  open: () => ({
    message: () => undefined,
    ping: () => undefined,
    pong: () => undefined,
    drained: () => undefined,
    closed: () => undefined,
  }),
};

export function sha256(data: Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

/** A Koa app that answers with what reached it. */
export function echoApp(): Koa {
  const app = new Koa();
  app.silent = true;
  app.use(async (ctx) => {
    const chunks: Buffer[] = [];
    for await (const chunk of ctx.req) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const { method, url, headers, ip } = ctx;
    ctx.body = { method, url, headers, ip, bytes: body.byteLength, sha256: sha256(body) };
  });
  return app;
}

/** A listener on a free port of 127.0.0.1 with short time-outs off; `stop` closes it and every client of `connect`. */
export async function startEdge(kind: Kind, given: Partial<ListenerOptions> = {}): Promise<Edge> {
  const warnings: { message: string; cause: unknown }[] = [];
  const clients: RawClient[] = [];
  const options: ListenerOptions = {
    host: '127.0.0.1',
    port: 0,
    onRequest: echoApp().callback(),
    sockets: NO_SOCKETS,
    maxFrameBytes: LIMITS.frameBytes,
    maxQueuedBytes: 1_048_576,
    maxBodyBytes: LIMITS.bodyBytes,
    maxHeaderBytes: LIMITS.headerBytes,
    requestTimeoutMs: 15_000,
    handlerTimeoutMs: 15_000,
    idleTimeoutMs: 120_000,
    ...given,
  };
  const report = (message: string, cause?: unknown): number => warnings.push({ message, cause });
  const listener = await openListener(kind, options, report, { prepare: setNativeHeaderLimit });
  const { port } = await listener.listen();
  return {
    listener,
    port,
    warnings,
    async connect() {
      const client = await RawClient.open(port);
      clients.push(client);
      return client;
    },
    async stop() {
      for (const client of clients) client.destroy();
      await listener.close();
    },
  };
}

/** Waits for a condition of the test's own making; fails with its name. */
export async function until(condition: () => boolean, what: string, withinMs = 10_000): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** One opened socket as the side above sees it, with everything that was told. */
export interface Seen {
  readonly socket: Socket;
  readonly handshake: Handshake;
  readonly messages: { readonly text: string; readonly bytes: number; readonly binary: boolean }[];
  readonly closes: number[];
  /** For each pong whether it was an answer. */
  readonly pongs: boolean[];
  pings: number;
  drains: number;
  /** What was still queued when the last drain was told. */
  leftAtDrain: number | null;
}

/** Accepts `/ws…`, keeps what happens, and hands messages on where a test wants them. */
export function recordingSockets(onMessage: (seen: Seen, text: string) => void = () => undefined): {
  readonly handler: SocketHandler;
  readonly seen: readonly Seen[];
} {
  const seen: Seen[] = [];
  const open = (socket: Socket, handshake: Handshake): SocketListener => {
    const one: Seen = {
      socket,
      handshake,
      messages: [],
      closes: [],
      pongs: [],
      pings: 0,
      drains: 0,
      leftAtDrain: null,
    };
    seen.push(one);
    return {
      message(data, binary) {
        const text = Buffer.from(data).toString('utf8');
        one.messages.push({ text: text.slice(0, 200), bytes: data.byteLength, binary });
        onMessage(one, text);
      },
      ping: () => (one.pings += 1),
      pong: (isAnswer) => one.pongs.push(isAnswer),
      drained() {
        one.drains += 1;
        one.leftAtDrain = socket.queuedBytes();
      },
      closed: (code) => one.closes.push(code),
    };
  };
  const accept: SocketHandler['accept'] = ({ path, headers }) => {
    if (!path.startsWith('/ws')) return null;
    return { protocol: headers['sec-websocket-protocol']?.includes('parley.v1') === true ? 'parley.v1' : null };
  };
  return { handler: { accept, open }, seen };
}
