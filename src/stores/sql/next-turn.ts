import { setImmediate } from 'node:timers/promises';

/** Resolves in the next turn of the event loop: whoever waits there is served first. */
export function nextTurn(): Promise<void> {
  return setImmediate();
}
