import { WebSocket } from 'ws';
import type { TestUser } from '../../helpers/client.js';
import type { SeenFrame } from './entries.js';
import { refused, timestamp, type History, type Outcome } from './recorder.js';

export interface SocketOptions {
  /** `ws://host:port` */
  readonly url: string;
  readonly chat: number;
  /** Read on from this rev of the chat; absent: live only. */
  readonly since?: number;
  readonly epoch?: string;
}

let opened = 0;

/** A user's connection on one chat that writes down what it asks, what it is told and what it is shown. */
export class SocketClient {
  readonly name: string;
  readonly frames: SeenFrame[] = [];
  /** Settles with the close code; 1006 where no close frame came. */
  readonly closed: Promise<number>;
  /** Highest rev up to which this connection has everything; null before anything told. */
  rev: number | null = null;
  epoch: string | null = null;
  private readonly socket: WebSocket;
  private readonly waiting = new Map<number, (reply: SeenFrame | null) => void>();
  private readonly watchers = new Set<() => void>();
  private replaying: boolean;
  private commands = 0;

  constructor(
    private readonly history: History,
    readonly user: TestUser,
    private readonly options: SocketOptions,
  ) {
    opened += 1;
    this.name = `socket-${process.pid}-${opened}`;
    const { url, chat, since, epoch } = options;
    this.replaying = since !== undefined;
    const query = new URLSearchParams({ token: user.token });
    if (since !== undefined) query.set('since_rev', String(since));
    if (epoch !== undefined) query.set('epoch', epoch);
    const known = since === undefined ? {} : { [chat]: since };
    this.note({ op: 'connect', phase: 'invoke', user: user.id, since: known });
    this.socket = new WebSocket(`${url}/api/v1/ws/${chat}?${query.toString()}`, { perMessageDeflate: false });
    this.socket.on('message', (data: Buffer) => this.take(JSON.parse(data.toString('utf8')) as SeenFrame));
    // The 'close' that follows tells what happened.
    this.socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => {
      this.socket.once('close', (code) => {
        this.note({ op: 'disconnect', phase: 'ok', code });
        for (const resolveReply of this.waiting.values()) resolveReply(null);
        this.waiting.clear();
        this.wake();
        resolve(code);
      });
    });
  }

  get isClosed(): boolean {
    return this.socket.readyState === WebSocket.CLOSED;
  }

  /** Resolves once a ping was answered: the connection is live. Rejects when it closes before. */
  async live(): Promise<void> {
    await this.until(() => this.socket.readyState !== WebSocket.CONNECTING);
    if ((await this.command({ type: 'ping' })) === null) throw new Error('the socket closed before it was live');
  }

  /** Pipelined: the next may be sent before this one is answered. Never rejects. */
  send(content: string, key: string | null = null): Promise<Outcome<'send'>> {
    const { chat } = this.options;
    const asked = { chat, key, content, socket: this.name };
    return this.history.call({ client: this.name, user: this.user.id }, 'send', asked, async () => {
      const frame = { type: 'message', content, ...(key === null ? {} : { client_message_id: key }) };
      const reply = await this.command(frame);
      if (reply === null) return refused(null);
      if (reply['type'] !== 'ack') return refused(typeof reply['code'] === 'string' ? reply['code'] : null);
      const { message_id, seq, rev, duplicate } = reply;
      return {
        phase: 'ok',
        message: Number(message_id),
        seq: Number(seq),
        rev: Number(rev),
        duplicate: duplicate === true,
      };
    });
  }

  typing(state: 'start' | 'stop'): void {
    this.socket.send(JSON.stringify({ type: 'typing', content: state }));
  }

  /** Resolves when `holds` does, looked at after every frame and at the end; rejects after the time. */
  async until(holds: () => boolean, timeoutMs = 10_000): Promise<void> {
    if (holds()) return;
    let timer: NodeJS.Timeout | undefined;
    let watch: (() => void) | undefined;
    await new Promise<void>((resolve, reject) => {
      watch = () => {
        if (holds()) resolve();
        else if (this.isClosed) reject(new Error('the socket closed while waiting'));
      };
      this.watchers.add(watch);
      this.socket.once('open', watch);
      timer = setTimeout(
        () => reject(new Error(`not within ${timeoutMs} ms; the socket is at rev ${this.rev}`)),
        timeoutMs,
      );
    }).finally(() => {
      clearTimeout(timer);
      if (watch !== undefined) this.watchers.delete(watch);
    });
  }

  async close(): Promise<void> {
    this.socket.close();
    await this.closed;
  }

  terminate(): void {
    this.socket.terminate();
  }

  private command(frame: object): Promise<SeenFrame | null> {
    if (this.socket.readyState !== WebSocket.OPEN) return Promise.resolve(null);
    this.commands += 1;
    const id = this.commands;
    return new Promise((resolve) => {
      this.waiting.set(id, resolve);
      this.socket.send(JSON.stringify({ ...frame, id }));
    });
  }

  private take(frame: SeenFrame): void {
    this.frames.push(frame);
    const { type, rev, id } = frame;
    this.note({ op: 'frame', phase: 'ok', frame });
    if (type === 'ready' || type === 'resync_required' || type === 'caught_up') {
      this.replaying = false;
      this.rev = Number(rev);
      this.epoch = typeof frame['epoch'] === 'string' ? frame['epoch'] : this.epoch;
    } else if (typeof rev === 'number' && typeof frame['chat_id'] === 'number' && !this.replaying) {
      // A rev that leaves others out belongs to what `caught_up` ends.
      if (this.rev === null || rev === this.rev + 1) this.rev = rev;
    }
    if (typeof id === 'number') {
      this.waiting.get(id)?.(frame);
      this.waiting.delete(id);
    }
    this.wake();
  }

  private wake(): void {
    for (const watch of [...this.watchers]) watch();
  }

  private note(line: object): void {
    this.history.add({ t: timestamp(), client: this.name, socket: this.name, ...line } as Parameters<
      History['add']
    >[0]);
  }
}
