import type { TemplatedApp, us_listen_socket } from 'uWebSockets.js';

/** The part of uWebSockets.js that the listener uses; its type package leaves out the listen option. */
export interface UwsModule {
  App(): TemplatedApp;
  us_listen_socket_close(socket: us_listen_socket): void;
  us_socket_local_port(socket: us_listen_socket): number;
  /** `silent`: no header that names the server and its version. */
  _cfg(setting: 'silent'): void;
  readonly LIBUS_LISTEN_EXCLUSIVE_PORT: number;
}

/**
 * Loads the native module, once per process. Rejects where no prebuilt binary fits this platform and Node version.
 * Its header limit comes from the environment at this moment, so whoever sets it does so before.
 */
export async function loadUws(): Promise<UwsModule> {
  const loaded = (await import('uWebSockets.js')) as unknown as { readonly default: UwsModule };
  loaded.default._cfg('silent');
  return loaded.default;
}
