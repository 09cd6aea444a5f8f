import { AppError } from './errors.js';

export interface FairBounds {
  /** Tasks that run at once, of everybody together. */
  readonly atOnce: number;
  /** Tasks of one user that run at once. */
  readonly perUser: number;
  /** Tasks of one user that may stand in line; one more is `overloaded`. */
  readonly inLine: number;
}

export interface InLine {
  /** Told true where the task has to stand in line, and false when it leaves the line, by its turn or without one. */
  onLine?(isInLine: boolean): void;
}

export interface MayGiveUp extends InLine {
  /** False: nobody waits for the task any more. It gives up its place in line and is never begun. */
  isWanted(): boolean;
}

/** One user's tasks. */
interface UserLine {
  readonly userId: number;
  running: number;
  readonly waiting: Waiter[];
}

interface Waiter {
  readonly waiting: InLine & Partial<MayGiveUp>;
  /** False: it was not wanted any more. */
  readonly resolve: (hasTurn: boolean) => void;
}

/**
 * Long work by turns: a bounded number of tasks at once, and where some wait, the users take turns, whatever each of them
 * asks for. Who wants a hundred turns waits for himself; another's single task is next but as many users as wait before
 * it. A task is meant to be short, a few milliseconds of the loop, and longer work is to be cut into tasks.
 *
 * No two tasks begin in one turn of the event loop: over an embedded database a task ends within the call that begins it,
 * and three hundred of them in a row would be one silence of seconds.
 */
export class FairTurns {
  private readonly lines = new Map<number, UserLine>();
  /** Those with a task that waits for nothing but a turn, in the order in which they are served. */
  private readonly ready = new Set<UserLine>();
  private running = 0;
  private isResting = false;

  constructor(private readonly bounds: FairBounds) {}

  /** Users that have a task running or in line; nothing is kept of the others. */
  get users(): number {
    return this.lines.size;
  }

  /** Answers as the task does; null: it was not wanted any more when its turn came. Rejects with `overloaded`. */
  run<T>(userId: number, task: () => Promise<T>, waiting: MayGiveUp): Promise<T | null>;
  /** Answers as the task does. Rejects with `overloaded`. */
  run<T>(userId: number, task: () => Promise<T>, waiting?: InLine): Promise<T>;
  async run<T>(userId: number, task: () => Promise<T>, waiting: Waiter['waiting'] = {}): Promise<T | null> {
    const line = this.lineOf(userId);
    if (!this.begin(line) && !(await this.stand(line, waiting))) return null;
    try {
      return await task();
    } finally {
      this.end(line);
    }
  }

  private lineOf(userId: number): UserLine {
    const line = this.lines.get(userId) ?? { userId, running: 0, waiting: [] };
    this.lines.set(userId, line);
    return line;
  }

  /** True: the task may run now. */
  private begin(line: UserLine): boolean {
    const { atOnce, perUser } = this.bounds;
    // Who comes now goes behind those who wait.
    if (this.isResting || this.ready.size > 0 || this.running >= atOnce || line.running >= perUser) return false;
    this.take(line);
    return true;
  }

  private stand(line: UserLine, waiting: Waiter['waiting']): Promise<boolean> {
    if (line.waiting.length >= this.bounds.inLine) this.letGo(line);
    if (line.waiting.length >= this.bounds.inLine) {
      this.forget(line);
      throw new AppError('overloaded');
    }
    waiting.onLine?.(true);
    return new Promise((resolve) => {
      line.waiting.push({ waiting, resolve });
      if (line.running < this.bounds.perUser) this.ready.add(line);
    });
  }

  /** Who is gone from the line makes room in it. */
  private letGo(line: UserLine): void {
    const gone = line.waiting.filter(({ waiting }) => waiting.isWanted?.() === false);
    if (gone.length === 0) return;
    const stay = line.waiting.filter((waiter) => !gone.includes(waiter));
    line.waiting.splice(0, Infinity, ...stay);
    for (const waiter of gone) leave(waiter, false);
  }

  private take(line: UserLine): void {
    this.running += 1;
    line.running += 1;
    this.isResting = true;
    setImmediate(() => {
      this.isResting = false;
      this.next();
    });
  }

  private end(line: UserLine): void {
    this.running -= 1;
    line.running -= 1;
    if (line.waiting.length > 0) this.ready.add(line);
    this.forget(line);
    this.next();
  }

  /** Begins the next user's first task that is still wanted. */
  private next(): void {
    while (!this.isResting && this.running < this.bounds.atOnce) {
      const [line] = this.ready;
      if (line === undefined) return;
      this.ready.delete(line);
      const waiter = this.wantedOf(line);
      if (waiter === undefined) continue;
      this.take(line);
      if (line.waiting.length > 0 && line.running < this.bounds.perUser) this.ready.add(line);
      leave(waiter, true);
    }
  }

  private wantedOf(line: UserLine): Waiter | undefined {
    for (let waiter = line.waiting.shift(); waiter !== undefined; waiter = line.waiting.shift()) {
      if (waiter.waiting.isWanted?.() !== false) return waiter;
      leave(waiter, false);
    }
    this.forget(line);
    return undefined;
  }

  private forget({ userId, running, waiting }: UserLine): void {
    if (running === 0 && waiting.length === 0) this.lines.delete(userId);
  }
}

function leave({ waiting, resolve }: Waiter, hasTurn: boolean): void {
  waiting.onLine?.(false);
  resolve(hasTurn);
}
