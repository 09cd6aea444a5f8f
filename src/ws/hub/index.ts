import {
  isDurable,
  type ChatEvent,
  type DurableEvent,
  type EphemeralEvent,
  type ReadEvent,
} from '../../domain/events.js';
import type { Broker } from '../../ports/broker.js';
import type { ChangeLog } from '../../ports/change-log.js';
import type { Clock } from '../../ports/clock.js';
import type { Logger } from '../../ports/logger.js';
import { toDelivery, type Fill, type Recipient } from './delivery.js';
import { GapFiller } from './gap-filler.js';
import { LocalChat } from './local-chat.js';
import { Registration } from './registration.js';
import { RevCheck } from './rev-check.js';
import { Subscriptions } from './subscriptions.js';
import { UserHub, type UserListener, type UserRegistration } from './user-hub.js';

/**
 * The live sockets of this node, by chat and by user. It learns of events only from the broker, also of those made
 * here, so that one node and many behave alike. Order and completeness per chat are the cursor's: each durable event
 * reaches every registered connection once, in order of rev; what the broker loses is read from the store, and what
 * cannot be read there closes the chat's sockets with `slow_reader`, so that nothing is skipped silently.
 */
export interface Hub {
  /** Adds the connection, which buffers until it is live; the membership is read after that, never before. */
  register(chatId: number, member: Recipient): Registration;
  /** Hears of chats that come up in the user's list or go from it. */
  registerUser(userId: number, listener: UserListener): UserRegistration;
  /** Notes that `rev` of the chat is committed, so that its loss on the way is noticed even before the next event. */
  expect(chatId: number, rev: number): void;
  /** Something may have been committed in the chat that nobody will tell of: the store is asked at once. null: in any. */
  suspect(chatId: number | null): void;
  /**
   * Compares every chat with the store. False: it could not be asked. Either way a socket that is behind its chat's
   * events, which only an error on the way to it explains, is closed to read on.
   */
  checkAll(): Promise<boolean>;
  /** To be called once per tick. */
  tick(): void;
  /** User ids with a live socket on the chat, ascending. */
  onlineIn(chatId: number): readonly number[];
  /** How often lost events were read from the store. */
  readonly gapFills: number;
}

export interface HubDeps {
  readonly broker: Broker;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly changes: Pick<ChangeLog, 'missed' | 'revs'>;
  /** Objects that are read at once to make up for lost events. */
  readonly maxFillItems: number;
}

export function createHub({ broker, clock, logger, changes, maxFillItems }: HubDeps): Hub {
  const subscriptions = new Subscriptions(broker, logger);
  const users = new UserHub(broker, logger);
  const chats = new Map<number, LocalChat>();
  const jobs: (() => void)[] = [];
  const filler = new GapFiller({
    ...{ changes, clock, logger, maxItems: maxFillItems, giveUp },
    apply: (chat, fill, ready) => inTurn(() => apply(chat, fill, ready)),
  });
  const check = new RevCheck({ changes, logger, chats, onPhantom: giveUp });
  const own = { observe, abandon };
  let delivering = false;

  broker.onEvents((events) => inTurn(() => events.forEach(route)));
  broker.onDoubt((chatId) => check.suspect(chatId));

  /** Closing a socket may publish (someone left) and so come back here: that batch waits for the one being delivered. */
  function inTurn(deliver: () => void): void {
    jobs.push(deliver);
    if (delivering) return;
    delivering = true;
    try {
      for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) job();
    } finally {
      delivering = false;
    }
  }

  function route(event: ChatEvent): void {
    const chat = chats.get(event.chatId);
    if (chat === undefined) return;
    if (isDurable(event)) fanOut(chat, chat.cursor.accept(event));
    else if (hasAudience(chat, event)) fanOut(chat, [event]);
  }

  function fanOut(chat: LocalChat, events: readonly ChatEvent[]): void {
    for (const event of events) {
      try {
        const delivery = toDelivery(event, clock.now());
        for (const { member } of chat.places) member.deliver(delivery);
      } catch (error) {
        // The connections see the hole with the next event, and the next comparison finds them if there is none.
        logger.error({ err: error, chatId: chat.chatId, type: event.type }, 'an event could not be delivered');
      }
    }
  }

  function apply(chat: LocalChat, fill: Fill, ready: readonly DurableEvent[]): void {
    logger.info({ chatId: chat.chatId, rev: fill.rev, items: fill.items.length }, 'lost events were read');
    for (const { member } of chat.places) member.fill(fill);
    fanOut(chat, ready);
  }

  function giveUp(chat: LocalChat): void {
    logger.warn(
      { chatId: chat.chatId, rev: chat.cursor.rev, sockets: chat.places.length },
      'events of a chat are lost',
    );
    for (const { member } of chat.places) member.close('slow_reader');
  }

  function closeLeftBehind(): void {
    for (const { chatId, cursor, places } of chats.values()) {
      for (const { member } of places) {
        const { toldUpTo } = member;
        if (toldUpTo === null || toldUpTo >= (cursor.rev ?? 0)) continue;
        logger.error({ chatId, userId: member.userId, rev: toldUpTo }, 'a socket has missed events of a chat');
        member.close('slow_reader');
      }
    }
  }

  function observe(chat: LocalChat, rev: number): void {
    if (chat.startedAt === null) {
      chat.startedAt = rev;
      const ready = chat.cursor.start(rev);
      inTurn(() => fanOut(chat, ready));
    }
    chat.cursor.expect(rev);
  }

  function open(chatId: number): LocalChat {
    const known = chats.get(chatId);
    if (known !== undefined) return known;
    const chat = new LocalChat(chatId, subscriptions.acquire(chatId));
    chats.set(chatId, chat);
    return chat;
  }

  function abandon({ chatId }: LocalChat): void {
    chats.delete(chatId);
    subscriptions.release(chatId);
  }

  return {
    register: (chatId, member) => new Registration(own, open(chatId), member),
    registerUser: (userId, listener) => users.register(userId, listener),
    expect(chatId, rev) {
      chats.get(chatId)?.cursor.expect(rev);
    },
    suspect: (chatId) => check.suspect(chatId),
    async checkAll() {
      const compared = await check.all();
      closeLeftBehind();
      return compared;
    },
    tick() {
      check.tick();
      for (const chat of [...chats.values()]) filler.tick(chat);
    },
    onlineIn: (chatId) => chats.get(chatId)?.online() ?? [],
    get gapFills() {
      return filler.filled;
    },
  };
}

/** Whether encoding it is worth the while: nobody hears of themself, but for marks of reading elsewhere. */
function hasAudience(chat: LocalChat, event: EphemeralEvent | ReadEvent): boolean {
  return chat.places.some(({ member }) => isFor(event, member.userId));
}

/** Who is told of what is not durable: the others, and of marks of reading one's own other sockets too. */
export function isFor(event: EphemeralEvent | ReadEvent, userId: number): boolean {
  if (event.type !== 'read') return event.userId !== userId;
  return !event.ownOnly || event.userId === userId;
}
