import { parseTrustedProxies } from '../../../src/domain/client-address.js';
import { AppError } from '../../../src/domain/errors.js';
import type { Identity } from '../../../src/domain/user.js';
import { NO_FAILPOINTS } from '../../../src/ports/failpoints.js';
import type { ChatStore } from '../../../src/ports/chat-store.js';
import { createEraseWorker } from '../../../src/services/integrity/erase-worker.js';
import { createMessageServices } from '../../../src/services/messages/index.js';
import { createMessageWriter } from '../../../src/services/messages/writer/index.js';
import { sweepBatch } from '../../../src/services/integrity/sweep-batch.js';
import { createRealtimeServices } from '../../../src/services/realtime/index.js';
import { createPublish, type Publish } from '../../../src/services/realtime/publisher.js';
import type { Services } from '../../../src/services/services.js';
import { createLocalSockets } from '../../../src/ws/local-sockets.js';
import { createSocketHandler, type ParleySocketHandler } from '../../../src/ws/server.js';
import { silentLogger } from '../../helpers/stores.js';
import { ManualTicker } from '../../unit/ws/fakes.js';
import { LOOSE } from '../../unit/ws/harness.js';
import { NO_LIMITS } from '../../helpers/no-limits.js';
import type { Bus } from './bus.js';
import { SimChats } from './chat-store.js';
import type { Disk } from './disk.js';
import { SimMessageLog } from './message-log.js';
import type { Scheduler } from './scheduler.js';
import { SimBodies, SimChanges, SimOldBodies, SimReferences, type StoreContext } from './stores.js';
import type { Database } from './transactions.js';

/** The parts of a node that a wrong variant brings in another form. */
export interface Parts {
  readonly bodies: (on: StoreContext) => SimBodies;
  readonly log: (on: StoreContext, bodies: SimBodies, publish: Publish) => SimMessageLog;
  readonly chats: (on: StoreContext) => SimChats;
  readonly changes: (on: StoreContext) => SimChanges;
  readonly references: (on: StoreContext) => SimReferences;
}

export const CORRECT: Parts = {
  bodies: (on) => new SimBodies(on),
  log: (on, bodies) => new SimMessageLog(on, bodies),
  chats: (on) => new SimChats(on),
  changes: (on) => new SimChanges(on),
  references: (on) => new SimReferences(on),
};

export function identityOf(userId: number): Identity {
  return { userId, username: `user${userId}`, expiresAt: Date.parse('2999-01-01T00:00:00Z') };
}

/** One life of a process: the real writer, services, hub and connections, over simulated stores. */
export class SimNode {
  readonly owner = {};
  readonly handler: ParleySocketHandler;
  readonly messages: Services['messages'];
  readonly chats: SimChats;
  readonly publish: Publish;
  isAlive = true;
  private readonly on: StoreContext;
  private readonly ticker = new ManualTicker();
  private readonly bodies: SimBodies;
  private readonly references: SimReferences;
  private readonly whenGone: (() => void)[] = [];

  constructor(
    private readonly world: {
      readonly sim: Scheduler;
      readonly disk: Disk;
      readonly database: Database;
      readonly bus: Bus;
    },
    parts: Parts,
  ) {
    const { sim, bus } = world;
    this.on = { ...world, owner: this.owner };
    const broker = bus.connect(this.owner);
    const { clock } = sim;
    this.publish = createPublish(broker, silentLogger);
    this.bodies = parts.bodies(this.on);
    this.references = parts.references(this.on);
    this.chats = parts.chats(this.on);
    const changes = parts.changes(this.on);
    const log = parts.log(this.on, this.bodies, this.publish);
    const writer = createMessageWriter(log, this.publish);
    const local = createLocalSockets({
      broker,
      changes,
      users: { activeAmong: (ids) => Promise.resolve(new Set(ids)) },
      clock,
      logger: silentLogger,
      maxFillItems: LOOSE.resumeMaxItems,
    });
    this.messages = createMessageServices({
      log,
      writer,
      publish: this.publish,
      suspect: (chatId) => local.suspect(chatId),
      wakeEraser: () => undefined,
    });
    const chats: Pick<ChatStore, 'membership'> = this.chats;
    const unused = (): Promise<never> => Promise.reject(new AppError('internal'));
    this.handler = createSocketHandler({
      services: {
        users: {
          authenticate: (token) => sim.step(this.owner).then(() => identityOf(Number(token))),
          ...{ register: unused, login: unused, me: unused, updateMe: unused, search: unused, get: unused },
        },
        chats: { ...{ create: unused, list: unused, get: unused, rename: unused, markRead: unused, online: unused } },
        messages: this.messages,
        realtime: createRealtimeServices({
          chats,
          changes,
          presence: local.presence,
          publish: this.publish,
          clock,
        }),
      },
      local,
      limiter: NO_LIMITS,
      clock,
      logger: silentLogger,
      limits: LOOSE,
      trustedProxies: parseTrustedProxies([]),
      ticker: this.ticker,
    });
  }

  tick(times: number): void {
    this.ticker.tick(times);
  }

  /** One pass over all bodies, as the sweeper makes it. */
  async sweep(orphanAfterMs: number): Promise<void> {
    const deps = {
      bodies: this.bodies,
      references: this.references,
      leases: { heldUntil: () => Promise.resolve(null) },
      failpoints: NO_FAILPOINTS,
      orphanAfterMs,
    };
    await sweepBatch(deps, this.bodies.list(), new Date(this.world.sim.time));
  }

  async erase(): Promise<void> {
    const { clock } = this.world.sim;
    const oldBodies = new SimOldBodies(this.on);
    const leases = { heldUntil: () => Promise.resolve(null) };
    await createEraseWorker({ oldBodies, bodies: this.bodies, leases, clock, logger: silentLogger }).runOnce();
  }

  /** kill -9: what waits never goes on, open transactions are rolled back, connections break. */
  kill(): void {
    this.isAlive = false;
    this.world.sim.drop(this.owner);
    this.world.database.crash(this.owner);
    this.world.bus.disconnect(this.owner);
    for (const tell of this.whenGone.splice(0)) tell();
  }

  onGone(tell: () => void): void {
    this.whenGone.push(tell);
  }

  /** `work` as a client sees it: it breaks off with the node. */
  during<T>(work: Promise<T>): Promise<T> {
    return Promise.race([
      work,
      new Promise<never>((_, reject) => this.onGone(() => reject(new Error('connection lost')))),
    ]);
  }
}
