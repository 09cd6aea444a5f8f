import { v7 } from 'uuid';
import { AppError } from '../../../src/domain/errors.js';
import type { DurableEvent } from '../../../src/domain/events.js';
import type { BodyReferences, BodyStanding } from '../../../src/ports/body-references.js';
import type { Body, BodyStore, ListedBody } from '../../../src/ports/body-store.js';
import type { ChangeLog, Delta, DeltaBounds, DeltaSlice, ReaderState } from '../../../src/ports/change-log.js';
import type { FiledBody, OldBodyStore } from '../../../src/ports/old-body-store.js';
import { slicedDelta } from '../../helpers/delta.js';
import type { Disk } from './disk.js';
import type { Scheduler } from './scheduler.js';
import type { Database } from './transactions.js';

/** What a node's stores work on; `owner` is this life of the node. */
export interface StoreContext {
  readonly sim: Scheduler;
  readonly disk: Disk;
  readonly database: Database;
  readonly owner: object;
}

export function hexOf(id: Uint8Array): string {
  return Buffer.from(id).toString('hex');
}

export function mintId({ random, time }: Scheduler): Uint8Array {
  const bytes = Uint8Array.from({ length: 16 }, () => random.below(256));
  return v7({ msecs: time, random: bytes, seq: random.below(2 ** 31) }, new Uint8Array(16));
}

export class SimBodies implements Pick<BodyStore, 'insert' | 'find' | 'delete'> {
  constructor(protected readonly on: StoreContext) {}

  async insert(bodies: readonly Body[]): Promise<readonly number[]> {
    const { sim, disk, owner, database } = this.on;
    const store = (): void => {
      for (const body of bodies) disk.bodies.set(hexOf(body.id), { body, content: body.content });
    };
    await sim.step(owner);
    if (sim.random.chance(database.rates.bodyLost)) throw new AppError('unavailable');
    if (sim.random.chance(database.rates.bodyLate)) {
      // On its way, whatever becomes of who sent it.
      void sim.step(null).then(store);
      throw new AppError('unavailable');
    }
    store();
    await sim.step(owner);
    return [];
  }

  async find(ids: readonly Uint8Array[]): ReturnType<BodyStore['find']> {
    await this.on.sim.step(this.on.owner);
    return new Map(
      ids.flatMap((id) => {
        const stored = this.on.disk.bodies.get(hexOf(id));
        return stored === undefined ? [] : [[hexOf(id), { content: stored.content, intact: true }] as const];
      }),
    );
  }

  async delete(ids: readonly Uint8Array[]): Promise<void> {
    await this.on.sim.step(this.on.owner);
    for (const id of ids) this.on.disk.bodies.delete(hexOf(id));
  }

  list(): readonly ListedBody[] {
    return [...this.on.disk.bodies.values()].map(({ body: { id, messageId, chatId } }) => ({ id, messageId, chatId }));
  }
}

export class SimReferences implements BodyReferences {
  constructor(protected readonly on: StoreContext) {}

  now(): Promise<Date> {
    return Promise.resolve(new Date(this.on.sim.time));
  }

  async examine(bodies: readonly ListedBody[]): Promise<readonly BodyStanding[]> {
    await this.on.sim.step(this.on.owner);
    return bodies.map((body) => this.standing(body));
  }

  examineLocked(chatId: number, bodies: readonly ListedBody[]): ReturnType<BodyReferences['examineLocked']> {
    const { sim, database, owner } = this.on;
    return database.locked(owner, [chatId], async () => {
      await sim.step(owner);
      return { now: new Date(sim.time), standings: bodies.map((body) => this.standing(body)) };
    });
  }

  protected standing({ id }: ListedBody): BodyStanding {
    const hex = hexOf(id);
    const filed = this.on.disk.filed.get(hex);
    if (filed !== undefined) return filed.erased ? 'erased' : 'named';
    return [...this.on.disk.rows.values()].some((row) => row.body === hex) ? 'named' : 'unnamed';
  }
}

export class SimOldBodies implements OldBodyStore {
  constructor(private readonly on: StoreContext) {}

  now(): Promise<Date> {
    return Promise.resolve(new Date(this.on.sim.time));
  }

  async due(now: Date, limit: number): Promise<readonly FiledBody[]> {
    await this.on.sim.step(this.on.owner);
    return [...this.on.disk.filed.values()]
      .filter(({ erased, dueAt }) => !erased && dueAt <= now.getTime())
      .slice(0, limit)
      .map(({ body, chatId, dueAt }) => ({
        bodyId: Buffer.from(body, 'hex'),
        chatId,
        reason: 'deleted' as const,
        dueAt: new Date(dueAt),
      }));
  }

  async markErased(bodyIds: readonly Uint8Array[]): Promise<void> {
    await this.on.sim.step(this.on.owner);
    for (const id of bodyIds) {
      const filed = this.on.disk.filed.get(hexOf(id));
      if (filed !== undefined) filed.erased = true;
    }
  }

  forget(): Promise<number> {
    return Promise.resolve(0);
  }

  forgotten(): Promise<{ readonly superseded: number; readonly deleted: number }> {
    return Promise.resolve({ superseded: 0, deleted: 0 });
  }

  backlog(): Promise<{ readonly count: number; readonly oldestDueAt: Date | null }> {
    return Promise.resolve({ count: 0, oldestDueAt: null });
  }
}

export class SimChanges implements ChangeLog {
  readonly epoch = 'simulated';

  constructor(protected readonly on: StoreContext) {}

  async since(chatId: number, readerId: number, since: number, most: DeltaBounds): ReturnType<ChangeLog['since']> {
    await this.on.sim.step(this.on.owner);
    const { disk } = this.on;
    if (!disk.isIn(chatId, readerId)) throw new AppError('chat_not_found');
    const { rev, lastSeq } = disk.chat(chatId);
    const state: ReaderState = { lastSeq, unreadCount: 0, reads: [] };
    if (since > rev) return { kind: 'resync', rev, reason: 'future_rev', state };
    const events = disk.delta(chatId, since);
    await this.on.sim.step(this.on.owner);
    if (events.length > most.items) return { kind: 'resync', rev, reason: 'too_large', state };
    return { kind: 'delta', delta: this.sliced(rev, events), state };
  }

  page(): Promise<never> {
    return Promise.reject(new Error('REST pages are not simulated'));
  }

  pages(): Promise<never> {
    return Promise.reject(new Error('REST pages are not simulated'));
  }

  async missed(chatId: number, afterRev: number, most: DeltaBounds): Promise<Delta | null> {
    await this.on.sim.step(this.on.owner);
    const { disk, sim } = this.on;
    const [rev, events] = [disk.chat(chatId).rev, disk.delta(chatId, afterRev)];
    await sim.step(this.on.owner);
    return events.length > most.items ? null : this.sliced(rev, events);
  }

  /** Each slice is read in a step of its own. */
  private sliced(rev: number, events: readonly DurableEvent[]): Delta {
    const { slices, ...delta } = slicedDelta({ rev, events });
    const read = async (slice: DeltaSlice): Promise<readonly DurableEvent[]> => {
      await this.on.sim.step(this.on.owner);
      return slice();
    };
    return { ...delta, slices: slices.map((slice) => () => read(slice)) };
  }

  async revs(chatIds: readonly number[]): Promise<ReadonlyMap<number, number>> {
    await this.on.sim.step(this.on.owner);
    return new Map(chatIds.map((id) => [id, this.on.disk.chat(id).rev]));
  }

  recentChatsOf(): Promise<never> {
    return this.chatsOf();
  }

  chatsOf(): Promise<never> {
    return Promise.reject(new Error('inbox sockets are not simulated'));
  }
}
