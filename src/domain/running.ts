/** Counts work that was begun and has not ended: a stop waits for it. */
export class Running {
  #count = 0;
  #waiting: (() => void)[] = [];

  begin(): void {
    this.#count += 1;
  }

  end(): void {
    this.#count -= 1;
    if (this.#count > 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  /** Counts work that never rejects, until it has ended. */
  track(work: Promise<unknown>): void {
    this.begin();
    void work.finally(() => this.end());
  }

  /** Resolves when nothing is running. */
  idle(): Promise<void> {
    return this.#count === 0 ? Promise.resolve() : new Promise((resolve) => this.#waiting.push(resolve));
  }
}
