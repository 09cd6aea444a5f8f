import { isDurable, type ChatEvent } from '../domain/events.js';
import type { Broker } from '../ports/broker.js';
import type { Logger } from '../ports/logger.js';
import type { Presence } from '../ports/presence.js';
import { presentEvent } from '../presenters/events.js';
import { encodeFrame } from './codec.js';
import { LocalChat, type Member } from './local-chat.js';
import { Subscriptions } from './subscriptions.js';
import { toTicks } from './ticker.js';

/** Events cross one another by milliseconds; what is missing for this long is lost. */
const GAP_TICKS = toTicks(2_000);
/** Most events of one chat that may wait for an earlier one: a flood of forged revs costs no more memory than this. */
const MAX_WAITING = 4_096;

/** One connection's place in a chat, from registration until `leave`. */
export interface Registration {
  /** Resolves when the subscription is active: only a read of the store made after that may be joined with events. */
  readonly subscribed: Promise<void>;
  /** Whether the events since registration continue a state of the chat read at `rev` without a hole. */
  covers(rev: number): boolean;
  /** The chat's rev as the store has it; the first one starts the chat's cursor. */
  observe(rev: number): void;
  /** The connection is live from here on. True: the user's first one on this chat. */
  enter(): boolean;
  /** May be repeated. True: that was the user's last live connection on this chat. */
  leave(): boolean;
}

/**
 * The live sockets of this node, by chat and by user. It learns of events only from the broker, also of those made
 * here, so that one node and many behave alike. Order and completeness per chat are the cursor's: each durable event
 * reaches every registered connection once, in order of rev; where one is lost, the chat's sockets are closed with
 * `slow_reader` and the clients read on from the store, so that nothing is skipped silently. (Reading the missing
 * events from the store, once there is a delta read, will fill such gaps without closing anything.)
 */
export interface Hub extends Presence {
  /** Adds the connection, which buffers until it is live; the membership is read after that, never before. */
  register(chatId: number, member: Member): Registration;
  /** Highest rev of the chat that was handed to its sockets; 0 where it has none. */
  revOf(chatId: number): number;
  /** Notes that `rev` of the chat is committed, so that its loss on the way is noticed even before the next event. */
  expect(chatId: number, rev: number): void;
  /** To be called once per tick. */
  tick(): void;
}

export function createHub(deps: { readonly broker: Broker; readonly logger: Logger }): Hub {
  const { broker, logger } = deps;
  const subscriptions = new Subscriptions(broker, logger);
  const chats = new Map<number, LocalChat>();
  const liveByUser = new Map<number, number>();
  const batches: (readonly ChatEvent[])[] = [];
  let totalConnections = 0;
  let delivering = false;

  broker.onEvents(receive);

  /** Closing a socket may publish (someone left) and so come back here: that batch waits for the one being delivered. */
  function receive(events: readonly ChatEvent[]): void {
    batches.push(events);
    if (delivering) return;
    delivering = true;
    try {
      for (let batch = batches.shift(); batch !== undefined; batch = batches.shift()) batch.forEach(route);
    } finally {
      delivering = false;
    }
  }

  function route(event: ChatEvent): void {
    const chat = chats.get(event.chatId);
    if (chat === undefined) return;
    if (!isDurable(event)) {
      fanOut(chat, [event]);
      return;
    }
    fanOut(chat, chat.cursor.accept(event));
    if (chat.cursor.waiting > MAX_WAITING) giveUp(chat);
  }

  function fanOut(chat: LocalChat, events: readonly ChatEvent[]): void {
    for (const event of events) {
      try {
        const delivery = { event, frame: encodeFrame(presentEvent(event)) };
        for (const member of chat.members) member.deliver(delivery);
      } catch (error) {
        // The connections see the hole in the revs and close themselves.
        logger.error({ err: error, chatId: chat.chatId, type: event.type }, 'an event could not be delivered');
      }
    }
  }

  function giveUp(chat: LocalChat): void {
    logger.warn({ chatId: chat.chatId, rev: chat.cursor.rev, sockets: chat.members.size }, 'events of a chat are lost');
    for (const member of [...chat.members]) member.close('slow_reader');
  }

  function observe(chat: LocalChat, rev: number): void {
    if (chat.startedAt === null) {
      chat.startedAt = rev;
      fanOut(chat, chat.cursor.start(rev));
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

  function remove(chat: LocalChat, member: Member): void {
    chat.members.delete(member);
    if (chat.members.size > 0) return;
    chats.delete(chat.chatId);
    subscriptions.release(chat.chatId);
  }

  function countLive(userId: number, change: 1 | -1): void {
    totalConnections += change;
    const count = (liveByUser.get(userId) ?? 0) + change;
    if (count === 0) liveByUser.delete(userId);
    else liveByUser.set(userId, count);
  }

  return {
    register(chatId, member) {
      const chat = open(chatId);
      const deliveredBefore = chat.cursor.rev;
      let state: 'waiting' | 'live' | 'gone' = 'waiting';
      chat.members.add(member);
      return {
        subscribed: chat.subscribed,
        covers: (rev) => rev >= (deliveredBefore ?? chat.startedAt ?? 0),
        observe(rev) {
          observe(chat, rev);
        },
        enter() {
          if (state !== 'waiting') return false;
          state = 'live';
          countLive(member.userId, 1);
          return chat.enter(member.userId);
        },
        leave() {
          const wasLive = state === 'live';
          if (state !== 'gone') remove(chat, member);
          state = 'gone';
          if (!wasLive) return false;
          countLive(member.userId, -1);
          return chat.exit(member.userId);
        },
      };
    },
    revOf: (chatId) => chats.get(chatId)?.cursor.rev ?? 0,
    expect(chatId, rev) {
      chats.get(chatId)?.cursor.expect(rev);
    },
    tick() {
      for (const chat of [...chats.values()]) if (chat.tickGap() >= GAP_TICKS) giveUp(chat);
    },
    stats: () => ({ onlineUsers: liveByUser.size, totalConnections }),
    onlineIn: (chatId) => chats.get(chatId)?.online() ?? [],
  };
}
