import type { Broker } from '../ports/broker.js';
import type { ChangeLog } from '../ports/change-log.js';
import type { Clock } from '../ports/clock.js';
import type { Logger } from '../ports/logger.js';
import type { Presence } from '../ports/presence.js';
import type { UserStore } from '../ports/user-store.js';
import { Census } from './census.js';
import type { Connection } from './connection.js';
import { AccountCheck } from './hub/account-check.js';
import { createHub, type Hub } from './hub/index.js';

export interface LocalSocketsDeps {
  readonly broker: Broker;
  readonly changes: Pick<ChangeLog, 'missed' | 'revs'>;
  readonly users: Pick<UserStore, 'activeAmong'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Objects that are read at once to make up for lost events. */
  readonly maxFillItems: number;
}

/** The sockets of this node as the rest of the process sees them. Made before the services, which ask it who is there. */
export interface LocalSockets {
  readonly hub: Hub;
  readonly connections: Set<Connection>;
  readonly census: Census;
  readonly accounts: AccountCheck;
  readonly presence: Presence;
  /** A change of the chat (null: of some chat) may be committed that nobody will tell of: it is looked for at once. */
  suspect(chatId: number | null): void;
  /** The user's account was found disabled or gone: the sockets here are closed. */
  endUser(userId: number): void;
}

export function createLocalSockets({ users, maxFillItems, ...deps }: LocalSocketsDeps): LocalSockets {
  const connections = new Set<Connection>();
  const census = new Census();
  const hub = createHub({ ...deps, maxFillItems });
  const accounts = new AccountCheck({ users, logger: deps.logger, sockets: connections });
  return {
    hub,
    connections,
    census,
    accounts,
    presence: {
      stats: () => statsOf(hub, census, connections),
      onlineIn: (chatId) => Promise.resolve(hub.onlineIn(chatId)),
    },
    suspect: (chatId) => hub.suspect(chatId),
    endUser: (userId) => accounts.end(userId),
  };
}

/** Queues are looked at when somebody asks: 10,000 of them take about a millisecond. */
function statsOf(
  hub: Hub,
  census: Census,
  connections: Iterable<{ readonly queuedBytes: number }>,
): ReturnType<Presence['stats']> {
  let total = 0;
  let max = 0;
  for (const { queuedBytes } of connections) {
    total += queuedBytes;
    max = Math.max(max, queuedBytes);
  }
  const { onlineUsers, totalConnections, closes } = census;
  return { onlineUsers, totalConnections, queuedBytes: { total, max }, closes: { ...closes }, gapFills: hub.gapFills };
}
