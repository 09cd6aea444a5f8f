import type { Listener, ListenerOptions } from '../ports/listener.js';
import { NodeListener } from './node/listener.js';
import type { Report } from './rules.js';
import { UwsListener } from './uws/listener.js';
import { loadUws, type UwsModule } from './uws/load.js';

/** `auto`: uWebSockets.js where its binary loads, else node:http with a warning. */
export type ListenerPreference = 'auto' | 'uws' | 'node';

/** How the native module comes in; tests pass their own. */
export interface NativeOptions {
  /** Runs before the module is loaded: its header limit is read from the environment then. */
  readonly prepare?: (maxHeaderBytes: number) => void;
  readonly load?: () => Promise<UwsModule>;
}

/**
 * The one place that chooses a transport. `onWarning` hears what runs on but should be known: the fallback, and later
 * every failure of a handler, with its cause. Rejects for `uws` where no binary fits this platform and Node version.
 */
export async function openListener(
  preference: ListenerPreference,
  options: ListenerOptions,
  onWarning: Report,
  native: NativeOptions = {},
): Promise<Listener> {
  switch (preference) {
    case 'node':
      return new NodeListener(options, onWarning);
    case 'uws':
      return new UwsListener(await load(options, native), options, onWarning);
    case 'auto':
      try {
        return new UwsListener(await load(options, native), options, onWarning);
      } catch (error) {
        onWarning('uWebSockets.js has no binary for this platform and Node version: node:http serves instead', error);
        return new NodeListener(options, onWarning);
      }
    default:
      return preference satisfies never;
  }
}

function load(options: ListenerOptions, native: NativeOptions): Promise<UwsModule> {
  native.prepare?.(options.maxHeaderBytes);
  return (native.load ?? loadUws)();
}
