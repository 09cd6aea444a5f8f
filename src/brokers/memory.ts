import type { ChatEvent } from '../domain/events.js';
import type { Broker } from '../ports/broker.js';

/** The broker of a single node: hands a batch over within the publishing turn of the event loop. */
export function createMemoryBroker(): Broker {
  const subscribed = new Set<number>();
  let deliver: (events: readonly ChatEvent[]) => void = () => undefined;

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
    close() {
      subscribed.clear();
      return Promise.resolve();
    },
  };
}
