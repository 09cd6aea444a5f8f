import { AppError } from '../../../src/domain/errors.js';
import type { Message } from '../../../src/domain/message.js';
import type { Socket, SocketListener } from '../../../src/ports/listener.js';
import type { Asked, Operation, Seen, SeenFrame } from '../history/entries.js';
import { refused, type History, type Outcome } from '../history/recorder.js';
import { identityOf, type SimNode } from './node.js';
import type { Scheduler } from './scheduler.js';

/** A user's REST client; each call goes to a node that is named. */
export class SimRest {
  constructor(
    private readonly history: History,
    readonly user: number,
  ) {}

  send(node: SimNode, chat: number, content: string, key: string): Promise<Outcome<'send'>> {
    const asked = { chat, key, content, socket: null };
    return this.call(node, 'send', asked, async () => {
      const input = { chatId: chat, content, messageType: 'text' as const, clientMessageId: key };
      const { message, duplicate } = await node.messages.send(identityOf(this.user), input);
      return { message: message.id, seq: message.seq, rev: message.rev, duplicate };
    });
  }

  edit(node: SimNode, message: number, content: string): Promise<Outcome<'edit'>> {
    return this.call(node, 'edit', { message, content }, async () => {
      const { version, rev } = await node.messages.edit(identityOf(this.user), { messageId: message, content });
      return { version, rev };
    });
  }

  delete(node: SimNode, message: number): Promise<Outcome<'delete'>> {
    return this.call(node, 'delete', { message }, async () => {
      await node.messages.remove(identityOf(this.user), message);
      return {};
    });
  }

  rename(node: SimNode, chat: number, name: string): Promise<Outcome<'rename'>> {
    return this.call(node, 'rename', { chat, name }, async () => {
      node.publish((await node.chats.rename(chat, name)).events);
      return {};
    });
  }

  add(node: SimNode, chat: number, user: number): Promise<Outcome<'add'>> {
    return this.call(node, 'add', { chat, users: [user] }, async () => {
      node.publish((await node.chats.add(chat, user)).events);
      return {};
    });
  }

  remove(node: SimNode, chat: number, target: number): Promise<Outcome<'remove'>> {
    return this.call(node, 'remove', { chat, target }, async () => {
      node.publish((await node.chats.remove(chat, target)).events);
      return {};
    });
  }

  list(node: SimNode, chat: number): Promise<Outcome<'list'>> {
    return this.call(node, 'list', { chat, from: 1, to: 100 }, async () => {
      const { items } = await node.messages.window(identityOf(this.user), chat, { kind: 'newest', limit: 100 });
      return { items: items.map(toSeen) };
    });
  }

  private call<O extends Operation>(
    node: SimNode,
    op: O,
    asked: Asked[O],
    work: () => Promise<object>,
  ): Promise<Outcome<O>> {
    return this.history.call({ client: `rest-${this.user}`, user: this.user }, op, asked, async () => {
      try {
        return { phase: 'ok', ...(await node.during(work())) } as Outcome<O>;
      } catch (error) {
        if (error instanceof AppError) return refused(error.code);
        return refused(null);
      }
    });
  }
}

function toSeen(message: Message): Seen {
  return {
    id: message.id,
    seq: message.seq,
    sender: message.senderId,
    rev: message.rev,
    version: message.version,
    content: message.content,
    deleted: message.isDeleted,
    unavailable: message.contentStatus === 'unavailable',
  };
}

/** A user's socket client on one chat: when it loses its connection it reads on from where it was. */
export class SimListener {
  private connection: { readonly name: string; readonly listener: SocketListener; readonly node: SimNode } | null =
    null;
  private readonly waiting = new Map<number, (reply: SeenFrame | null) => void>();
  /** As a client that has just read the chat. */
  private rev = 1;
  private replaying = false;
  private connections = 0;
  private commands = 0;

  constructor(
    private readonly sim: Scheduler,
    private readonly history: History,
    readonly user: number,
    readonly chat: number,
  ) {}

  get isConnected(): boolean {
    return this.connection !== null;
  }

  connect(node: SimNode): void {
    this.connections += 1;
    const name = `user ${this.user} chat ${this.chat} connection ${this.connections}`;
    const since = { [this.chat]: this.rev };
    this.note(name, { op: 'connect', phase: 'invoke', user: this.user, since });
    this.replaying = true;
    const socket = this.socketFor(name);
    const path = `/api/v1/ws/${this.chat}`;
    const handshake = {
      path,
      query: `token=${this.user}&since_rev=${this.rev}`,
      headers: {},
      peerAddress: '192.0.2.1',
    };
    const listener = node.handler.open(socket, handshake);
    this.connection = { name, listener, node };
    node.onGone(() => this.end(name, 1006));
  }

  /** The network breaks. */
  drop(): void {
    const lost = this.connection;
    if (lost === null) return;
    this.end(lost.name, 1006);
    if (lost.node.isAlive) lost.listener.closed(1006);
  }

  send(content: string, key: string): Promise<Outcome<'send'>> {
    const { connection } = this;
    const asked = { chat: this.chat, key, content, socket: connection?.name ?? 'none' };
    return this.history.call({ client: `socket-${this.user}`, user: this.user }, 'send', asked, async () => {
      const reply =
        connection === null ? null : await this.command({ type: 'message', content, client_message_id: key });
      if (reply === null) return refused(null);
      if (reply['type'] !== 'ack') return refused(String(reply['code']));
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

  private command(frame: object): Promise<SeenFrame | null> {
    this.commands += 1;
    const id = this.commands;
    return new Promise((resolve) => {
      this.waiting.set(id, resolve);
      this.connection?.listener.message(Buffer.from(JSON.stringify({ ...frame, id })), false);
    });
  }

  private socketFor(name: string): Socket {
    const isCurrent = (): boolean => this.connection?.name === name;
    let isOver = false;
    return {
      id: this.connections,
      send: (bytes) => {
        if (isOver || (this.connection !== null && !isCurrent())) return 'closed';
        this.take(name, JSON.parse(Buffer.from(bytes).toString('utf8')) as SeenFrame);
        return 'sent';
      },
      queuedBytes: () => 0,
      writtenBytes: () => 0,
      ping: () => this.connection?.listener.pong(true),
      close: (code) => {
        isOver = true;
        void this.sim.step(null).then(() => {
          if (!isCurrent()) return;
          const { listener, node } = this.connection ?? {};
          this.end(name, code);
          if (node?.isAlive === true) listener?.closed(code);
        });
      },
      terminate: () => {
        isOver = true;
      },
    };
  }

  private end(name: string, code: number): void {
    if (this.connection?.name !== name) return;
    this.connection = null;
    this.note(name, { op: 'disconnect', phase: 'ok', code });
    for (const resolve of this.waiting.values()) resolve(null);
    this.waiting.clear();
  }

  private take(name: string, frame: SeenFrame): void {
    this.note(name, { op: 'frame', phase: 'ok', frame });
    const { type, rev, id } = frame;
    if (type === 'ready' || type === 'resync_required' || type === 'caught_up') {
      this.replaying = false;
      this.rev = Number(rev);
    } else if (frame['chat_id'] === this.chat && typeof rev === 'number' && !this.replaying) {
      if (rev === this.rev + 1) this.rev = rev;
    }
    if (typeof id !== 'number') return;
    this.waiting.get(id)?.(frame);
    this.waiting.delete(id);
  }

  private note(socket: string, line: object): void {
    this.history.add({ t: this.sim.stamp(), client: `socket-${this.user}`, socket, ...line } as Parameters<
      History['add']
    >[0]);
  }
}
