import type { ChatEvent } from '../../domain/events.js';
import type { Broker } from '../../ports/broker.js';
import type { Logger } from '../../ports/logger.js';

/** Hands committed events to the broker. Never fails and never waits: what is committed is acknowledged regardless. */
export type Publish = (events: readonly ChatEvent[]) => void;

export function createPublish(broker: Broker, logger: Logger): Publish {
  return (events) => {
    if (events.length === 0) return;
    broker.publish(events).catch((error: unknown) => {
      logger.warn(
        { err: error, events: events.length },
        'events could not be published, sockets that miss them will be closed to read on',
      );
    });
  };
}
