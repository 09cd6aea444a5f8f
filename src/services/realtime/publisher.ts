import type { ChatEvent, UserEvent } from '../../domain/events.js';
import type { Broker } from '../../ports/broker.js';
import { NO_FAILPOINTS, type Failpoints } from '../../ports/failpoints.js';
import type { Logger } from '../../ports/logger.js';
import { userEventsOf } from './user-events.js';

/** Hands committed events to the broker. Never fails and never waits: what is committed is acknowledged regardless. */
export type Publish = (events: readonly ChatEvent[]) => void;

/** As `Publish`, for what concerns users and is no event of a chat. */
export type PublishToUsers = (events: readonly UserEvent[]) => void;

export function createPublish(broker: Broker, logger: Logger, failpoints: Failpoints = NO_FAILPOINTS): Publish {
  /** In the same turn of the loop where nothing is awaited: a batch reaches each socket in one write. */
  async function hand(events: readonly ChatEvent[]): Promise<void> {
    const place = failpoints.hit('chat.before_publish');
    if (place !== undefined) await place;
    const concerned = userEventsOf(events);
    const told = broker.publish(events);
    await (concerned.length === 0 ? told : Promise.all([told, broker.publishToUsers(concerned)]));
  }

  return (events) => {
    if (events.length === 0) return;
    hand(events).catch((error: unknown) => {
      logger.warn(
        { err: error, events: events.length },
        'events could not be published; sockets that miss them are closed and read on',
      );
    });
  };
}

export function createPublishToUsers(broker: Broker, logger: Logger): PublishToUsers {
  return (events) => {
    if (events.length === 0) return;
    broker.publishToUsers(events).catch((error: unknown) => {
      logger.warn(
        { err: error, events: events.length },
        'users were not told that their chats changed; their chat lists show it at the next read',
      );
    });
  };
}
