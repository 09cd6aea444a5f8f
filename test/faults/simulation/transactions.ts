import { AppError } from '../../../src/domain/errors.js';
import type { Scheduler } from './scheduler.js';

/** How often what goes wrong, 0..1 each. All 0 once a schedule is healed. */
export interface FaultRates {
  /** A body call fails before it did anything. */
  readonly bodyLost: number;
  /** A body call fails, and lands later. */
  readonly bodyLate: number;
  /** The database rolls a transaction back, once. */
  readonly deadlock: number;
  /** The database cannot be reached before the COMMIT. */
  readonly refused: number;
  /** The COMMIT goes through, its answer is lost. */
  readonly answerLost: number;
  /** The COMMIT itself is lost. */
  readonly commitLost: number;
  /** Afterwards nobody can be asked. */
  readonly askLost: number;
  readonly eventLost: number;
  readonly eventTwice: number;
}

export const NO_FAULTS: FaultRates = {
  bodyLost: 0,
  bodyLate: 0,
  deadlock: 0,
  refused: 0,
  answerLost: 0,
  commitLost: 0,
  askLost: 0,
  eventLost: 0,
  eventTwice: 0,
};

/** What a transaction comes to under its locks: its result, and what the COMMIT makes true. */
export interface Plan<T> {
  readonly result: T;
  readonly writes: readonly (() => void)[];
}

const TRIES = 4;

/** Row locks of chats and the one commit point, with everything that can go wrong around it. */
export class Database {
  rates: FaultRates = NO_FAULTS;
  private readonly holders = new Map<number, { readonly owner: object }>();
  private readonly queues = new Map<number, { readonly owner: object; readonly grant: () => void }[]>();

  constructor(private readonly sim: Scheduler) {}

  isLocked(chatId: number): boolean {
    return this.holders.has(chatId);
  }

  /** Runs `work` while nobody else holds one of the chats; in the order of their ids, so that two never wait for each other. */
  async locked<T>(owner: object, chatIds: readonly number[], work: () => Promise<T>): Promise<T> {
    const held: number[] = [];
    try {
      for (const chatId of [...chatIds].sort((a, b) => a - b)) {
        await this.lock(owner, chatId);
        held.push(chatId);
      }
      return await work();
    } finally {
      for (const chatId of held) this.unlock(chatId);
    }
  }

  /** The chat transaction: lock, plan, COMMIT; an unknown outcome is looked up under the lock. */
  async transact<T>(owner: object, chatIds: readonly number[], plan: () => Plan<T>): Promise<T> {
    const { random } = this.sim;
    for (let tried = 1; ; tried += 1) {
      const outcome = await this.locked(owner, chatIds, async () => {
        await this.sim.step(owner);
        const planned = plan();
        await this.sim.step(owner);
        if (random.chance(this.rates.deadlock)) return { kind: 'deadlock' as const };
        if (random.chance(this.rates.refused)) throw new AppError('unavailable');
        const lost = random.chance(this.rates.commitLost);
        if (!lost) for (const write of planned.writes) write();
        const answered = !lost && !random.chance(this.rates.answerLost);
        return { kind: 'ended' as const, planned, happened: !lost, answered };
      });
      if (outcome.kind === 'deadlock') {
        if (tried === TRIES) throw new AppError('unavailable');
        continue;
      }
      await this.sim.step(owner);
      if (outcome.answered) return outcome.planned.result;
      if (random.chance(this.rates.askLost)) throw new AppError('indeterminate');
      await this.locked(owner, chatIds, () => this.sim.step(owner));
      if (outcome.happened) return outcome.planned.result;
      throw new AppError('unavailable');
    }
  }

  /** A process is gone: the server rolls its transactions back and gives their locks to the next. */
  crash(owner: object): void {
    for (const [chatId, queue] of this.queues) {
      this.queues.set(
        chatId,
        queue.filter((waiting) => waiting.owner !== owner),
      );
    }
    for (const [chatId, holder] of [...this.holders]) if (holder.owner === owner) this.unlock(chatId);
  }

  private async lock(owner: object, chatId: number): Promise<void> {
    await this.sim.step(owner);
    if (!this.holders.has(chatId)) {
      this.holders.set(chatId, { owner });
      return;
    }
    await new Promise<void>((grant) => {
      const queue = this.queues.get(chatId) ?? [];
      queue.push({ owner, grant });
      this.queues.set(chatId, queue);
    });
  }

  private unlock(chatId: number): void {
    const next = this.queues.get(chatId)?.shift();
    if (next === undefined) {
      this.holders.delete(chatId);
      return;
    }
    this.holders.set(chatId, { owner: next.owner });
    next.grant();
  }
}
