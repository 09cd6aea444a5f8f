import { connect, type Socket } from 'node:net';
import type { PeerKind, Scene } from './kinds.js';

/** Between a drop and the next attempt: no test of how many connections a second the machine can make. */
const AGAIN_MS = 50;

/** Many peers share one process, and each is to have its turn: 3 MB or 25,000 pings a second are a flood as well. */
const BETWEEN_WRITES_MS = 10;

/** One peer of a kind. Whenever the server ends its connection, it comes again. */
export class Peer {
  /** Connections that the server has ended. */
  dropped = 0;
  /** It has got in, and waits for `begin`. */
  isReady = false;
  private socket: Socket | null = null;
  private timer: NodeJS.Timeout | undefined;
  private ready: Socket | null = null;
  private hasBegun = false;
  private over = false;

  constructor(
    private readonly kind: PeerKind,
    private readonly scene: Scene,
    private readonly token: string,
  ) {
    this.open();
  }

  /** Does what its kind does, from now on at once: who comes first is not to keep the others from coming. */
  begin(): void {
    this.hasBegun = true;
    if (this.ready !== null) this.go(this.ready);
  }

  close(): void {
    this.over = true;
    clearTimeout(this.timer);
    this.socket?.resetAndDestroy();
  }

  private open(): void {
    const { kind, scene } = this;
    const socket = connect({ port: this.scene.port, host: '127.0.0.1' });
    this.socket = socket;
    this.ready = null;
    socket.on('error', () => undefined);
    socket.once('close', () => {
      this.dropped += 1;
      clearTimeout(this.timer);
      if (!this.over) this.timer = setTimeout(() => this.open(), AGAIN_MS);
    });
    socket.once('connect', () => {
      socket.write(kind.opening(scene, this.token));
      if (kind.until === null) this.go(socket);
      else this.readUntil(socket, kind.until);
    });
  }

  private readUntil(socket: Socket, text: string): void {
    let read = '';
    const onData = (chunk: Buffer): void => {
      read += chunk.toString('latin1');
      if (!read.includes(text)) return;
      socket.off('data', onData);
      this.go(socket);
    };
    socket.on('data', onData);
  }

  /** From here on nothing is read: what the server sends stays where it is. */
  private go(socket: Socket): void {
    const { then, stream, everyMs } = this.kind;
    socket.pause();
    this.ready = socket;
    this.isReady = true;
    if (!this.hasBegun || this.over) return;
    if (then !== undefined) socket.write(then(this.scene));
    if (stream === null) return;
    const chunk = stream(this.scene);
    const write = (): void => {
      if (!socket.writable) return;
      if (socket.write(chunk)) this.timer = setTimeout(write, everyMs ?? BETWEEN_WRITES_MS);
      else socket.once('drain', write);
    };
    write();
  }
}
