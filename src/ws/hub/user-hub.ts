import type { UserEvent } from '../../domain/events.js';
import type { Broker } from '../../ports/broker.js';
import type { Logger } from '../../ports/logger.js';
import { Subscriptions } from './subscriptions.js';

/** Hears what concerns its user. */
export interface UserListener {
  /** Never throws. */
  hear(event: UserEvent): void;
}

export interface UserRegistration {
  /** Resolves when the subscription is active: only a list of chats read after that is complete with the events. */
  readonly subscribed: Promise<void>;
  /** May be repeated. */
  leave(): void;
}

interface LocalUser {
  /** Replaced as a whole with each change; nearly always one. */
  listeners: readonly UserListener[];
  readonly subscribed: Promise<void>;
}

/** The users of this node who want to hear of their list of chats, whatever chats they watch. */
export class UserHub {
  private readonly users = new Map<number, LocalUser>();
  private readonly subscriptions: Subscriptions;

  constructor(broker: Broker, logger: Logger) {
    this.subscriptions = new Subscriptions(
      { subscribe: (id) => broker.subscribeUser(id), unsubscribe: (id) => broker.unsubscribeUser(id) },
      logger,
    );
    broker.onUserEvents((events) => {
      for (const event of events) {
        for (const listener of this.users.get(event.userId)?.listeners ?? []) listener.hear(event);
      }
    });
  }

  register(userId: number, listener: UserListener): UserRegistration {
    const user = this.users.get(userId) ?? { listeners: [], subscribed: this.subscriptions.acquire(userId) };
    this.users.set(userId, user);
    user.listeners = user.listeners.concat(listener);
    return {
      subscribed: user.subscribed,
      leave: () => {
        if (!user.listeners.includes(listener)) return;
        user.listeners = user.listeners.filter((other) => other !== listener);
        if (user.listeners.length > 0) return;
        this.users.delete(userId);
        this.subscriptions.release(userId);
      },
    };
  }
}
