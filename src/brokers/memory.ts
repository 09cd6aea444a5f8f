import type { ChatEvent, UserEvent } from '../domain/events.js';
import type { Broker } from '../ports/broker.js';

/** The broker of a single node: hands a batch over within the publishing turn of the event loop. */
export function createMemoryBroker(): Broker {
  const subscribed = new Set<number>();
  const subscribedUsers = new Set<number>();
  let deliver: (events: readonly ChatEvent[]) => void = () => undefined;
  let deliverToUsers: (events: readonly UserEvent[]) => void = () => undefined;

  return {
    onEvents(listener) {
      deliver = listener;
    },
    subscribe(chatId) {
      subscribed.add(chatId);
      return Promise.resolve();
    },
    unsubscribe(chatId) {
      subscribed.delete(chatId);
      return Promise.resolve();
    },
    publish(events) {
      const wanted = events.filter((event) => subscribed.has(event.chatId));
      if (wanted.length > 0) deliver(wanted);
      return Promise.resolve();
    },
    onUserEvents(listener) {
      deliverToUsers = listener;
    },
    subscribeUser(userId) {
      subscribedUsers.add(userId);
      return Promise.resolve();
    },
    unsubscribeUser(userId) {
      subscribedUsers.delete(userId);
      return Promise.resolve();
    },
    publishToUsers(events) {
      const wanted = events.filter((event) => subscribedUsers.has(event.userId));
      if (wanted.length > 0) deliverToUsers(wanted);
      return Promise.resolve();
    },
    // Within one process nothing is lost.
    onDoubt: () => undefined,
    close() {
      subscribed.clear();
      subscribedUsers.clear();
      return Promise.resolve();
    },
  };
}
