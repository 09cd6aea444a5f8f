import { readdirSync } from 'node:fs';

/** What a process holds that a lost connection could leave behind. */
export interface Held {
  /** Open files and sockets, the native listener's too; 0 where the system does not tell. */
  readonly files: number;
  /** Running timers: each request has some. */
  readonly timers: number;
}

export function heldNow(): Held {
  return {
    files: process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0,
    timers: process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length,
  };
}

/** Whether no more is held than before. */
export function isBackTo(before: Held): boolean {
  const now = heldNow();
  return now.files <= before.files && now.timers <= before.timers;
}
