import { setTimeout as delay } from 'node:timers/promises';

export interface WaitOptions {
  /** What is awaited, for the error message. */
  what: string;
  /** Milliseconds after which the wait fails. */
  deadlineMs: number;
  /** Milliseconds between two attempts. */
  everyMs?: number;
}

/**
 * Polls until `attempt` resolves, and answers its value. An attempt that throws {@link GiveUp} ends the wait at once;
 * any other error means "not yet" and is the cause of the error that the deadline raises.
 */
export async function waitUntil<T>(attempt: () => Promise<T>, options: WaitOptions): Promise<T> {
  const deadline = performance.now() + options.deadlineMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (error instanceof GiveUp) throw error;
      if (performance.now() > deadline) {
        throw new Error(`${options.what}: not after ${options.deadlineMs} ms`, { cause: error });
      }
    }
    await delay(options.everyMs ?? 25);
  }
}

/** Thrown by an attempt that knows that waiting longer cannot help. */
export class GiveUp extends Error {
  override name = 'GiveUp';
}
