import type { Settings } from './config/types.js';
import type { Listener } from './ports/listener.js';

/** Where the wire format is described, from the root of the repository. */
const DOCS = 'docs/PROTOCOL.md';

const LISTENERS: Readonly<Record<Listener['kind'], string>> = {
  uws: 'uWebSockets.js (native)',
  node: 'node:http and ws',
};

/** What an operator wants to know once Parley listens: lines for a terminal, facts for a log. Holds no secret. */
export function startMessage(
  settings: Settings,
  app: {
    readonly port: number;
    readonly httpPort: number | null;
    readonly listener: Listener['kind'];
    /** Which databases, without how to log in. */
    readonly storage: string;
    readonly version: string;
  },
): { readonly lines: readonly string[]; readonly facts: Readonly<Record<string, unknown>> & { readonly url: string } } {
  const { server, dataDir } = settings;
  const { listener, storage, version } = app;
  const url = urlOf(server.host, app.port);
  const httpUrl = app.httpPort === null ? null : urlOf(server.host, app.httpPort);
  // One is another party's native code in this process, which whoever answers for the server wants to know.
  const carrier = LISTENERS[listener];
  const lines = [
    `Parley ${version} is ready.`,
    '',
    `  Address   ${url}${reach(server.host)}`,
    ...(httpUrl === null ? [] : [`  HTTP      ${httpUrl}, for gateways`]),
    `  Listener  ${carrier}`,
    `  Storage   ${storage}`,
    `  Data      ${dataDir}`,
    `  Docs      ${DOCS}`,
    '',
    'Ctrl+C stops it.',
  ];
  return { lines, facts: { url, httpUrl, listener, storage, dataDir, docs: DOCS, version } };
}

/** Something to click on: the wildcard addresses cannot be opened as such everywhere. */
function urlOf(host: string, port: number): string {
  const local = ['127.0.0.1', '::1', '0.0.0.0', '::', 'localhost'].includes(host);
  return `http://${local ? 'localhost' : host.includes(':') ? `[${host}]` : host}:${port}`;
}

function reach(host: string): string {
  if (['127.0.0.1', '::1', 'localhost'].includes(host)) return '  (this machine only; HOST=0.0.0.0 opens it)';
  return ['0.0.0.0', '::'].includes(host) ? '  (every network of this machine)' : '';
}
