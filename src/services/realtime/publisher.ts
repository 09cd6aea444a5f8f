import type { ChatEvent } from '../../domain/events.js';
import type { Broker } from '../../ports/broker.js';
import { NO_FAILPOINTS, type Failpoints } from '../../ports/failpoints.js';
import type { Logger } from '../../ports/logger.js';

/** Hands committed events to the broker. Never fails and never waits: what is committed is acknowledged regardless. */
export type Publish = (events: readonly ChatEvent[]) => void;

export function createPublish(broker: Broker, logger: Logger, failpoints: Failpoints = NO_FAILPOINTS): Publish {
  /** In the same turn of the loop where nothing is awaited: a batch reaches each socket in one write. */
  async function hand(events: readonly ChatEvent[]): Promise<void> {
    const place = failpoints.hit('chat.before_publish');
    if (place !== undefined) await place;
    await broker.publish(events);
  }

  return (events) => {
    if (events.length === 0) return;
    hand(events).catch((error: unknown) => {
      logger.warn(
        { err: error, events: events.length },
        'events could not be published, sockets that miss them will be closed to read on',
      );
    });
  };
}
