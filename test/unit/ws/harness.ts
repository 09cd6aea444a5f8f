import { createMemoryBroker } from '../../../src/brokers/memory.js';
import { AppError } from '../../../src/domain/errors.js';
import type { DurableEvent } from '../../../src/domain/events.js';
import { parseTrustedProxies } from '../../../src/domain/client-address.js';
import type { Broker } from '../../../src/ports/broker.js';
import type { Handshake, SocketListener } from '../../../src/ports/listener.js';
import type { SentMessage, Services } from '../../../src/services/services.js';
import { createLocalSockets, type LocalSockets } from '../../../src/ws/local-sockets.js';
import { createSocketHandler, type ParleySocketHandler } from '../../../src/ws/server.js';
import type { SocketLimits } from '../../../src/ws/types.js';
import { NO_LIMITS } from '../../helpers/no-limits.js';
import { ModelStore } from './model-store.js';
import { FakeClock, FakeSocket, handshake, identity, ManualTicker, MemoryLogger, message, settle } from './fakes.js';

type Needed = Pick<Services, 'users' | 'chats' | 'messages' | 'realtime'>;
type Send = Services['messages']['send'];

export const LOOSE: SocketLimits = {
  framesPerSecond: 0,
  socketsPerUser: 0,
  maxQueuedBytes: 0,
  slowReaderMs: 0,
  authenticateMs: 0,
  maxUnauthenticated: 0,
  resumeMaxItems: 1_000,
  heartbeatMs: 5_000,
};

/** One peer: its socket and the listener that the handler gave for it. */
export interface Peer {
  readonly socket: FakeSocket;
  readonly listener: SocketListener;
  send(frame: unknown): void;
}

/**
 * A socket handler over a chat in memory. Tokens are user ids; chat 7 has the members in `members`; `rev` is what the
 * store says. Replace `authenticate`, `join` or `sendMessage` to hold or break a step.
 */
export class Harness {
  readonly clock = new FakeClock();
  readonly ticker = new ManualTicker();
  readonly logger = new MemoryLogger();
  readonly broker: Broker;
  readonly handler: ParleySocketHandler;
  readonly local: LocalSockets;
  /** What is committed. */
  readonly store = new ModelStore(7, [1, 2, 3]);
  tokenEnds: number | undefined;
  authenticate: Services['users']['authenticate'] = (token) => {
    const userId = Number(token);
    if (!Number.isInteger(userId)) return Promise.reject(new AppError('not_authenticated'));
    return Promise.resolve(identity(userId, this.tokenEnds));
  };
  join: Services['realtime']['join'] = (actor, chatId) => this.store.join(actor.userId, chatId);
  resume: Services['realtime']['resume'] = (actor, chatId, since, maxItems) =>
    this.store.resume(actor.userId, chatId, since, maxItems);
  chatsOf: Services['realtime']['chatsOf'] = (actor, limit) => this.store.chatsOf(actor.userId, limit);
  recentChatsOf: Services['realtime']['recentChatsOf'] = (actor, limit) =>
    this.store.recentChatsOf(actor.userId, limit);
  markRead: Services['chats']['markRead'] = (_actor, _chatId, seq) =>
    Promise.resolve({ lastReadSeq: seq, unreadCount: 0 });
  readonly disabled = new Set<number>();
  activeAmong = (ids: readonly number[]): Promise<ReadonlySet<number>> =>
    Promise.resolve(new Set(ids.filter((id) => !this.disabled.has(id))));
  /** Between the slices of a stop's closes: takes its time on the fake clock alone. */
  pause = (ms: number): Promise<void> => {
    this.clock.time += ms;
    return Promise.resolve();
  };
  sendMessage: Send = (actor, input) => Promise.resolve(this.send(actor.userId, input.chatId, input.content));

  constructor(limits: Partial<SocketLimits> = {}, broker: Broker = createMemoryBroker()) {
    this.broker = broker;
    const { clock, logger } = this;
    this.local = createLocalSockets({
      ...{ broker, clock, logger },
      changes: this.store,
      users: { activeAmong: (ids) => this.activeAmong(ids) },
      maxFillItems: { ...LOOSE, ...limits }.resumeMaxItems,
    });
    this.handler = createSocketHandler({
      ...{ clock, logger, local: this.local },
      services: this.lateServices(),
      limits: { ...LOOSE, ...limits },
      limiter: NO_LIMITS,
      trustedProxies: parseTrustedProxies([]),
      ticker: this.ticker,
      pause: (ms) => this.pause(ms),
    });
  }

  /** As they are at each use: tests exchange parts of them. */
  private lateServices(): ReturnType<Harness['services']> {
    const services = (): ReturnType<Harness['services']> => this.services();
    return {
      get users() {
        return services().users;
      },
      get chats() {
        return services().chats;
      },
      get messages() {
        return services().messages;
      },
      get realtime() {
        return services().realtime;
      },
    };
  }

  /** Opens a socket without waiting for anything. */
  open(userId: number | string, overrides: Partial<Handshake> = {}): Peer {
    const socket = new FakeSocket();
    const listener = this.handler.open(socket, handshake({ query: `token=${userId}`, ...overrides }));
    socket.answer = () => listener.pong(true);
    return {
      socket,
      listener,
      send(frame) {
        listener.message(Buffer.from(typeof frame === 'string' ? frame : JSON.stringify(frame)), false);
      },
    };
  }

  /** Opens a socket and waits until it is live or closed. */
  async connect(userId: number | string, overrides: Partial<Handshake> = {}): Promise<Peer> {
    const peer = this.open(userId, overrides);
    await settle();
    return peer;
  }

  /** Commits changes and publishes them, as services do. */
  publish(...events: DurableEvent[]): void {
    this.store.commit(...events);
    void this.broker.publish(events);
  }

  /** The chat's rev in the store. */
  get rev(): number {
    return this.store.chat(7).rev;
  }

  set rev(rev: number) {
    this.store.chat(7).rev = rev;
  }

  private send(senderId: number, chatId: number, content: string): SentMessage {
    const chat = this.store.chat(chatId);
    const [rev, seq] = [chat.rev + 1, chat.lastSeq + 1];
    const stored = message({ id: 100 + rev, chatId, rev, seq, senderId, content });
    const event: DurableEvent = { type: 'new_message', chatId, rev, at: new Date(this.clock.now()), message: stored };
    this.store.commit(event);
    setImmediate(() => void this.broker.publish([event]));
    return { message: stored, duplicate: false };
  }

  private services(): Needed {
    const unused = (): never => {
      throw new Error('not part of the sockets');
    };
    return {
      users: {
        register: unused,
        login: unused,
        authenticate: (token) => this.authenticate(token),
        me: unused,
        updateMe: unused,
        search: unused,
        get: unused,
      },
      chats: {
        create: unused,
        list: unused,
        get: unused,
        rename: unused,
        markRead: (actor, chatId, seq) => this.markRead(actor, chatId, seq),
        online: unused,
      },
      messages: {
        send: (actor, input) => this.sendMessage(actor, input),
        edit: unused,
        remove: unused,
        get: unused,
        page: unused,
        window: unused,
      },
      realtime: {
        epoch: this.store.epoch,
        changes: unused,
        changesOf: unused,
        join: (actor, chatId) => this.join(actor, chatId),
        resume: (actor, chatId, since, maxItems) => this.resume(actor, chatId, since, maxItems),
        chatsOf: (actor, limit) => this.chatsOf(actor, limit),
        recentChatsOf: (actor, limit) => this.recentChatsOf(actor, limit),
        typing: (actor, chatId, state) =>
          this.tell(actor, chatId, state === 'start' ? 'typing_started' : 'typing_stopped'),
        presence: (changes) => {
          const at = new Date(this.clock.now());
          return this.broker.publish(
            changes.map(({ state, ...who }) => ({
              type: state === 'joined' ? 'user_joined' : 'user_left',
              ...who,
              at,
            })),
          );
        },
        stats: () => this.local.presence.stats(),
      },
    };
  }

  private tell(
    { userId, username }: { userId: number; username: string },
    chatId: number,
    type: 'typing_started' | 'typing_stopped',
  ): Promise<void> {
    return this.broker.publish([{ type, chatId, userId, username, at: new Date(this.clock.now()) }]);
  }
}
