import { createMemoryBroker } from '../../src/brokers/memory.js';
import type { ChatEvent, UserEvent } from '../../src/domain/events.js';
import type { Broker } from '../../src/ports/broker.js';

export interface ForgetfulBroker extends Broker {
  /** What never arrives; nothing at first. */
  loses: (event: ChatEvent | UserEvent) => boolean;
  /** What is handed over instead of a batch; the batch itself at first. */
  garble: (events: readonly ChatEvent[]) => readonly ChatEvent[];
}

/** The broker of a single node, as bad as a test wants it. */
export function forgetfulBroker(): ForgetfulBroker {
  const memory = createMemoryBroker();
  const broker: ForgetfulBroker = {
    ...memory,
    loses: () => false,
    garble: (events) => events,
    publish: (events) => memory.publish(broker.garble(events.filter((event) => !broker.loses(event)))),
    publishToUsers: (events) => memory.publishToUsers(events.filter((event) => !broker.loses(event))),
  };
  return broker;
}
