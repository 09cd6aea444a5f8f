/** Lets a bounded number of tasks run at once; the others wait in line. */
export class Turns {
  private free: number;
  private readonly waiting: (() => void)[] = [];

  constructor(atOnce: number) {
    this.free = atOnce;
  }

  /** `onLine`: told true where the task has to stand in line, and false when its turn has come. */
  async run<T>(task: () => Promise<T>, onLine: (isInLine: boolean) => void = () => undefined): Promise<T> {
    if (this.free > 0) {
      this.free -= 1;
    } else {
      onLine(true);
      await new Promise<void>((resolve) => this.waiting.push(resolve));
      onLine(false);
    }
    try {
      return await task();
    } finally {
      const next = this.waiting.shift();
      if (next === undefined) this.free += 1;
      else next();
    }
  }
}
