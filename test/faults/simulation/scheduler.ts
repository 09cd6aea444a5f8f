import type { Clock } from '../../../src/ports/clock.js';
import type { Random } from './random.js';

/** What waits for its turn; `owner` is the life of a node (or null: the outside world). */
interface Waiting {
  readonly owner: object | null;
  readonly go: () => void;
}

/**
 * Decides the order of everything: each step of a store or a broker waits here until it is picked. A crash of its owner
 * drops what waits: it never goes on, as in a process that is killed.
 */
export class Scheduler {
  private waiting: Waiting[] = [];
  private ticks = 0;
  /** Milliseconds; the database's clock as well as each process's. */
  time = Date.UTC(2030, 0, 1);
  readonly clock: Clock = { now: () => this.time, monotonic: () => this.time };

  constructor(readonly random: Random) {}

  get isIdle(): boolean {
    return this.waiting.length === 0;
  }

  /** A moment that is later than every one before; for histories. */
  stamp(): number {
    this.ticks += 1;
    return this.ticks;
  }

  /** Resolves at some later turn; never, where the owner dies before. */
  step(owner: object | null): Promise<void> {
    return new Promise((resolve) => this.waiting.push({ owner, go: resolve }));
  }

  /** Lets one of those that wait go on. */
  pickOne(): void {
    const [picked] = this.waiting.splice(this.random.below(this.waiting.length), 1);
    picked?.go();
  }

  drop(owner: object): void {
    this.waiting = this.waiting.filter((waiting) => waiting.owner !== owner);
  }

  /** Lets promises and what follows in the same turn of the loop run: it decides nothing, because no one is picked. */
  static async settle(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
  }
}
