import { createMemoryBroker } from './brokers/memory.js';
import type { Settings } from './config/types.js';
import { parseTrustedProxies } from './domain/client-address.js';
import { openListener } from './edge/open-listener.js';
import { trackInFlight } from './http/in-flight.js';
import { createHttpApp } from './http/server.js';
import { createLimiter } from './identity/limiter.js';
import { createLoginGuard } from './identity/login-guard.js';
import { createNetworkNames } from './identity/network-names.js';
import { createPasswordHasher } from './identity/password-hasher.js';
import { resolveSecretKey } from './identity/secret-key.js';
import { createThrottle } from './identity/throttle.js';
import { createTokenService } from './identity/token-service.js';
import type { Broker } from './ports/broker.js';
import type { Clock } from './ports/clock.js';
import { NO_FAILPOINTS, type Failpoints } from './ports/failpoints.js';
import type { Listener } from './ports/listener.js';
import type { Logger } from './ports/logger.js';
import type { PasswordHasher } from './ports/password-hasher.js';
import { LIMITS } from './protocol/limits.js';
import { createServices } from './services/index.js';
import { createBodyMeasurer } from './services/integrity/body-measurer.js';
import { createSweeper, type Sweeper, type SweepTimes } from './services/integrity/sweeper.js';
import { createEraseWorker, type EraseWorker } from './services/integrity/erase-worker.js';
import { createMessageWriter, type WriterLimits } from './services/messages/writer/index.js';
import { createPublish, createPublishToUsers } from './services/realtime/publisher.js';
import { createReadEvents } from './services/realtime/read-events.js';
import type { Services } from './services/services.js';
import { createLastSeen } from './services/users/last-seen.js';
import { createRecentUsers } from './services/users/recent-users.js';
import { openStores, type StoreHooks, type StoreSet } from './stores/open-stores.js';
import { systemClock } from './telemetry/clock.js';
import { createLocalSockets } from './ws/local-sockets.js';
import { createSocketHandler } from './ws/server.js';
import type { Ticker } from './ws/ticker.js';
import type { SocketLimits } from './ws/types.js';
import { within } from './domain/patience.js';

export interface Addresses {
  readonly port: number;
  /** null where HTTP_PORT is not set. */
  readonly httpPort: number | null;
  readonly listener: Listener['kind'];
}

/** One Parley: wired by `createApp`, serving from `start` to `stop`. */
export interface App {
  readonly services: Services;
  readonly stores: StoreSet;
  /** What removes bodies behind the requests: filed ones, and those without a message. */
  readonly eraser: EraseWorker;
  readonly sweeper: Sweeper;
  /** Listens; rejects with a clear error when a port is busy. */
  start(): Promise<Addresses>;
  /**
   * Refuses new work, finishes and acknowledges what is in flight, closes sockets with 1012, lets go of the stores.
   * Takes at most ten seconds; a second call answers with the first one's promise.
   */
  stop(): Promise<void>;
}

export interface Overrides {
  readonly clock?: Clock;
  readonly storeHooks?: Omit<StoreHooks, 'failpoints'>;
  /** Awaited at the named places between two steps of a durable change, in stores and services. */
  readonly failpoints?: Failpoints;
  readonly sweepTimes?: Partial<SweepTimes>;
  readonly writerLimits?: Partial<WriterLimits>;
  /** Instead of the one in memory; tests lose, double and forge events here. */
  readonly broker?: Broker;
  /** Stands between stores and services; tests build stores that are wrong here. */
  readonly wrapStores?: (stores: StoreSet) => StoreSet;
  /** Stands between services and edges; tests hold or count calls here. */
  readonly wrapServices?: (services: Services) => Services;
  readonly hasher?: PasswordHasher;
  /** How many chats an inbox socket follows; tests have few. */
  readonly inbox?: SocketLimits['inbox'];
  /** The timer of the sockets; tests count its ticks themselves. */
  readonly ticker?: Ticker;
}

/**
 * What a stop may take before it no longer waits: the contract is ten seconds, stores and sockets included. The sockets
 * take 7.45 s at most: five for commands in flight, one for the closes of many, 1.5 for the answers of their peers.
 */
const DRAIN_MS = 7_500;

const DAY_SECONDS = 24 * 3_600;

/** The composition root: the only place that knows every layer. */
export async function createApp(settings: Settings, logger: Logger, overrides: Overrides = {}): Promise<App> {
  const clock = overrides.clock ?? systemClock;
  const failpoints = overrides.failpoints ?? NO_FAILPOINTS;
  const stores = await openStores(settings.storage, { clock, logger, failpoints, ...overrides.storeHooks });
  try {
    return await wire(settings, logger, clock, overrides.wrapStores?.(stores) ?? stores, overrides);
  } catch (error) {
    await stores.close();
    throw error;
  }
}

async function wire(
  settings: Settings,
  logger: Logger,
  clock: Clock,
  stores: StoreSet,
  overrides: Overrides,
): Promise<App> {
  const { server, identity, throttles, sockets } = settings;
  const trustedProxies = parseTrustedProxies(server.trustedProxies);
  const secretKey = await resolveSecretKey(identity.secretKey, settings.dataDir);
  let stopping: Promise<void> | null = null;

  const broker = overrides.broker ?? createMemoryBroker();
  const failpoints = overrides.failpoints ?? NO_FAILPOINTS;
  const publish = createPublish(broker, logger, failpoints);
  const readEvents = createReadEvents({ publish, clock });
  const writer = createMessageWriter(stores.messages, publish, { failpoints, limits: overrides.writerLimits });
  const eraser = createEraseWorker({ ...stores, clock, logger, failpoints });
  const sweeper = createSweeper({ ...stores, clock, logger, failpoints, times: overrides.sweepTimes });
  // On an embedded database the migration has done it.
  const measurer = stores.kind === 'split' ? createBodyMeasurer({ ...stores, clock, logger }) : null;
  const limiter = createLimiter(settings.rates, clock);
  const lastSeen = createLastSeen({ users: stores.users, clock, logger });

  const local = createLocalSockets({
    broker,
    changes: stores.changes,
    users: stores.users,
    clock,
    logger,
    maxFillItems: sockets.resumeMaxItems,
  });
  const plainServices = createServices({
    users: stores.users,
    chats: stores.chats,
    log: stores.messages,
    changes: stores.changes,
    health: stores.health,
    hasher: overrides.hasher ?? createPasswordHasher({ cost: identity.bcryptCost, clock }),
    tokens: createTokenService({ secretKey, minutes: identity.accessTokenMinutes, clock }),
    throttles: {
      registerPerAddress: createThrottle(throttles.registerPerAddress),
      emailPerAccount: createThrottle(throttles.emailChangesPerDay, { windowSeconds: DAY_SECONDS }),
    },
    logins: createLoginGuard({ perAccount: throttles.loginPerAccount, perNetwork: throttles.loginPerAddress, clock }),
    networkName: createNetworkNames(secretKey),
    writer,
    publish,
    publishToUsers: createPublishToUsers(broker, logger),
    readEvents,
    lastSeen,
    recentUsers: createRecentUsers(stores.users, clock, (userId) => local.endUser(userId)),
    clock,
    logger,
    presence: local.presence,
    suspect: (chatId) => local.suspect(chatId),
    wakeEraser: () => eraser.wake(),
    passwordMinLength: identity.passwordMinLength,
    eraseFigures: () => eraser.figures(),
    sweepFigures: () => sweeper.figures(),
    unreadableFigures: () => stores.unreadable.figures(),
    isStopping: () => stopping !== null,
  });
  const services: Services = overrides.wrapServices?.(plainServices) ?? plainServices;
  const socketHandler = createSocketHandler({
    services,
    local,
    clock,
    logger,
    limits: overrides.inbox === undefined ? sockets : { ...sockets, inbox: overrides.inbox },
    limiter,
    trustedProxies,
    ticker: overrides.ticker,
  });
  const http = createHttpApp({
    services,
    limiter,
    logger,
    clock,
    corsOrigins: server.corsOrigins,
    trustedProxies,
    statsToken: server.statsToken,
  });
  const requests = trackInFlight(http.callback());

  const open = (kind: typeof server.listener, port: number): Promise<Listener> =>
    openListener(
      kind,
      {
        host: server.host,
        port,
        onRequest: requests.handle,
        sockets: socketHandler,
        maxFrameBytes: LIMITS.frameBytes,
        maxQueuedBytes: sockets.maxQueuedBytes,
        maxBodyBytes: LIMITS.bodyBytes,
        maxHeaderBytes: LIMITS.headerBytes,
        requestTimeoutMs: server.requestTimeoutMs,
        handlerTimeoutMs: server.handlerTimeoutMs,
        idleTimeoutMs: sockets.idleTimeoutMs,
      },
      (message, cause) => logger.warn(cause === undefined ? {} : { err: cause }, message),
    );
  const main = await open(server.listener, server.port);
  const plain = server.httpPort === null ? null : await open('node', server.httpPort);
  const listeners = plain === null ? [main] : [main, plain];

  async function shutDown(): Promise<void> {
    for (const listener of listeners) listener.stopAccepting();
    requests.refuseNew();
    const drained = Promise.all([requests.idle(), socketHandler.stop()]).then(() => writer.drain());
    const workers = drained
      .then(() => Promise.all([eraser.stop(), sweeper.stop(), measurer?.stop(), lastSeen.stop()]))
      .then(() => undefined);
    await within(DRAIN_MS, workers, () => logger.warn({}, 'stopping with work still in flight'));
    await Promise.all(listeners.map((listener) => listener.close()));
    readEvents.stop();
    await broker.close();
    await stores.close();
  }

  return {
    services,
    stores,
    eraser,
    sweeper,
    async start() {
      const { port } = await main.listen();
      const second = await plain?.listen();
      eraser.start();
      sweeper.start();
      measurer?.start();
      lastSeen.start();
      return { port, httpPort: second?.port ?? null, listener: main.kind };
    },
    stop: () => (stopping ??= shutDown()),
  };
}
