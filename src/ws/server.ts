import { setTimeout as pauseFor } from 'node:timers/promises';
import { FairTurns, type FairBounds } from '../domain/fair-turns.js';
import { clientAddress, networksOf, type TrustedProxies } from '../domain/client-address.js';
import type { Clock } from '../ports/clock.js';
import type { Limiter } from '../ports/limiter.js';
import type { Socket, SocketHandler, SocketListener } from '../ports/listener.js';
import type { Logger } from '../ports/logger.js';
import { CLOSE_CODES, type CloseName } from '../protocol/close-codes.js';
import type { Services } from '../services/services.js';
import { atMost } from '../domain/patience.js';
import { Running } from '../domain/running.js';
import { Admission } from './socket/admission.js';
import type { ConnectionDeps } from './connection-deps.js';
import { Connection } from './connection.js';
import { Heartbeat } from './hub/heartbeat.js';
import type { LocalSockets } from './local-sockets.js';
import { closePaced, type Pacing } from './socket/paced-closes.js';
import { isSocketPath, targetOf } from './paths.js';
import { PresenceNews } from './hub/presence.js';
import { ReplayBudget } from './feeds/replay-budget.js';
import { systemTicker, toTicks, type Ticker } from './ticker.js';
import { chooseProtocol, tokenOf } from './tokens.js';
import type { SocketLimits } from './types.js';
import { Typing } from './hub/typing.js';

/** Commands in flight get this long to be answered when the server stops; each is bounded by its own deadline too. */
const FINISH_MS = 5_000;
/** Peers get this long to answer the close frame. */
const GOODBYE_MS = 1_500;
/**
 * Deltas that are read at once: each may hold a thousand bodies, and a restart brings everybody back at the same time. A
 * user with a socket on each of his chats, SOCKETS_PER_USER of them, has room for all in line.
 */
const REPLAYS: FairBounds = { atOnce: 8, perUser: 2, inLine: 256 };
/** Steps of inbox sockets, which take their time and wait for nothing. Each socket has one in line at most. */
const INBOX_STEPS: FairBounds = { atOnce: 1, perUser: 1, inLine: Infinity };

export interface SocketHandlerDeps {
  readonly services: Pick<Services, 'users' | 'chats' | 'messages' | 'realtime'>;
  readonly local: LocalSockets;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits: SocketLimits;
  readonly limiter: Limiter;
  readonly trustedProxies: TrustedProxies;
  readonly ticker?: Ticker;
  /** Between the slices of a stop's closes. */
  readonly pause?: Pacing['pause'];
}

export interface ParleySocketHandler extends SocketHandler {
  /**
   * Nothing new begins; commands in flight are finished and answered; then every socket is closed with `restart`, in the
   * course of a second where there are many. Resolves when the sockets are gone or their time is over; a repeated call
   * answers with the first one's promise.
   */
  stop(): Promise<void>;
}

/** Everything behind an upgrade: `/api/v1/ws/{chat_id}` and `/api/v1/ws`. */
export function createSocketHandler(deps: SocketHandlerDeps): ParleySocketHandler {
  const { services, local, clock, logger, limits, limiter, trustedProxies } = deps;
  const { hub, connections, census, accounts } = local;
  const admission = new Admission(limits);
  const commands = new Running();
  const replayBudget = new ReplayBudget(clock);
  const heartbeat = new Heartbeat({ hub, accounts }, limits.heartbeatMs, connections);
  const typing = new Typing(services, logger);
  const presence = new PresenceNews(services, logger);
  let stopping: Promise<void> | null = null;
  let onEmpty = (): void => undefined;

  const connectionDeps: ConnectionDeps = {
    services,
    hub,
    typing,
    // When everybody goes at once, telling everybody about everybody is work for nobody.
    announcePresence(actor, chatIds, state) {
      if (stopping === null) presence.note(actor, chatIds, state);
    },
    clock,
    logger,
    limits,
    limiter,
    commands,
    census,
    outbox: { maxQueuedBytes: limits.maxQueuedBytes, slowTicks: toTicks(limits.slowReaderMs) },
    replays: new FairTurns(REPLAYS),
    replayBudget,
    inboxTurns: new FairTurns(INBOX_STEPS),
    isStopping: () => stopping !== null,
  };

  const stopTicking = (deps.ticker ?? systemTicker).start(() => {
    hub.tick();
    heartbeat.tick();
    typing.tick();
    replayBudget.tick();
    presence.tick();
    for (const connection of [...connections]) connection.tick();
  });

  function forget(connection: Connection): void {
    connections.delete(connection);
    if (connections.size === 0) onEmpty();
  }

  async function shutDown(): Promise<void> {
    for (const connection of [...connections]) if (!connection.isLive) connection.close('restart');
    await atMost(FINISH_MS, commands.idle(), undefined);
    const pause = deps.pause ?? pauseFor;
    await closePaced([...connections], (connection) => connection.close('restart'), { clock, pause });
    const gone = new Promise<void>((resolve) => {
      onEmpty = resolve;
      if (connections.size === 0) resolve();
    });
    await atMost(GOODBYE_MS, gone, undefined);
    stopTicking();
  }

  return {
    accept(handshake) {
      return isSocketPath(handshake.path) ? { protocol: chooseProtocol(handshake) } : null;
    },
    open(socket, handshake) {
      if (stopping !== null) return refuse(socket, 'restart');
      const address = clientAddress(handshake.peerAddress, handshake.headers['x-forwarded-for'], trustedProxies);
      const place = admission.enter(networksOf(address));
      if (place === null) return refuse(socket, 'too_many');
      const connection = new Connection(connectionDeps, socket, targetOf(handshake), place, forget);
      connections.add(connection);
      void connection.join(tokenOf(handshake));
      return connection;
    },
    stop: () => (stopping ??= shutDown()),
  };
}

/** Closes at once; whatever the peer still sends is nobody's. */
function refuse(socket: Socket, name: CloseName): SocketListener {
  const { code, reason } = CLOSE_CODES[name];
  socket.close(code, reason);
  const nobody = (): void => undefined;
  return { message: nobody, drained: nobody, ping: nobody, pong: nobody, closed: nobody };
}
