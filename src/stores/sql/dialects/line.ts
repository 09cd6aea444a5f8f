import type { Phase, StatementHooks } from '../database.js';
import { looksLikeDriverError, describeDriverError, type DriverFailure } from '../errors.js';

/**
 * The one way statements take to a driver: hook, driver, scrubbing. After a failure that is not a violated key the
 * line is broken and repeats that failure: MySQL has rolled the transaction back by then, or might have, and whatever a
 * callback that swallowed the error still sends would be committed on its own.
 */
export class Line {
  readonly #hooks: StatementHooks;
  readonly #phase: 'read' | 'write';
  #failure: DriverFailure | null = null;
  #ended = false;

  constructor(hooks: StatementHooks, phase: 'read' | 'write') {
    this.#hooks = hooks;
    this.#phase = phase;
  }

  /** What broke the line, or null. */
  get failure(): DriverFailure | null {
    return this.#failure;
  }

  /** The callback is over: a session that escaped from it must not reach a connection that now serves others. */
  end(): void {
    this.#ended = true;
  }

  async send<T>(text: string, run: () => Promise<T>, phase: Phase = this.#phase): Promise<T> {
    if (this.#ended) throw new Error('a session was used after its callback had ended');
    if (this.#failure !== null) throw this.#failure;
    await this.#hook(() => this.#hooks.onStatement?.(text, phase), phase);
    try {
      return await run();
    } catch (error) {
      throw this.#judge(error, phase);
    }
  }

  async commit(run: () => Promise<unknown>): Promise<void> {
    await this.send('COMMIT', run, 'commit');
    await this.#hook(() => this.#hooks.afterCommit?.(), 'commit');
  }

  /** Several statements in one packet. */
  async together<T>(texts: readonly string[], run: () => Promise<T>): Promise<T> {
    for (const text of texts.slice(0, -1)) await this.send(text, () => Promise.resolve());
    return this.send(texts.at(-1) ?? '', run);
  }

  /** The same with a COMMIT behind them: from here on a lost answer is an unknown outcome. */
  async togetherWithCommit<T>(texts: readonly string[], run: () => Promise<T>): Promise<T> {
    for (const text of texts) await this.send(text, () => Promise.resolve());
    const result = await this.send('COMMIT', run, 'commit');
    await this.#hook(() => this.#hooks.afterCommit?.(), 'commit');
    return result;
  }

  /** Works on a broken line too, and reaches the driver whatever the hook does: an open transaction holds locks. */
  async rollback(run: () => Promise<unknown>): Promise<void> {
    try {
      await this.#hook(() => this.#hooks.onStatement?.('ROLLBACK', 'write'), 'write');
    } finally {
      await run();
    }
  }

  async #hook(hook: () => void | Promise<void>, phase: Phase): Promise<void> {
    try {
      await hook();
    } catch (error) {
      throw looksLikeDriverError(error) ? this.#judge(error, phase) : error;
    }
  }

  #judge(error: unknown, phase: Phase): DriverFailure {
    const failure = describeDriverError(error, phase);
    if (failure.key === null) this.#failure = failure;
    return failure;
  }
}
