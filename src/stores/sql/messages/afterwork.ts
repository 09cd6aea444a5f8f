/**
 * What is still being tidied up behind answers that did not wait for it: removing bodies that no row names. All of it may
 * be lost, because the sweeper finds the same bodies later.
 */
export class Afterwork {
  readonly #running = new Set<Promise<void>>();

  /** Takes work that never rejects. */
  add(work: Promise<void>): void {
    const done: Promise<void> = work.finally(() => this.#running.delete(done));
    this.#running.add(done);
  }

  /** Resolves when all of it has ended. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }
}
