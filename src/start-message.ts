import type { Settings, StorageSettings } from './config/types.js';

/** Where the wire format is described, from the root of the repository. */
const DOCS = 'docs/PROTOCOL.md';

/** What an operator wants to know once Parley listens: lines for a terminal, facts for a log. Holds no secret. */
export function startMessage(
  settings: Settings,
  addresses: { readonly port: number; readonly httpPort: number | null; readonly listener: string },
  version: string,
): { readonly lines: readonly string[]; readonly facts: Readonly<Record<string, unknown>> & { readonly url: string } } {
  const { server, dataDir } = settings;
  const storage = describeStorage(settings.storage);
  const url = urlOf(server.host, addresses.port);
  const httpUrl = addresses.httpPort === null ? null : urlOf(server.host, addresses.httpPort);
  const lines = [
    `Parley ${version} is ready.`,
    '',
    `  Address   ${url}${reach(server.host)}`,
    ...(httpUrl === null ? [] : [`  HTTP      ${httpUrl}, for gateways`]),
    `  Storage   ${storage}`,
    `  Data      ${dataDir}`,
    `  Docs      ${DOCS}`,
    '',
    'Ctrl+C stops it.',
  ];
  return { lines, facts: { url, httpUrl, listener: addresses.listener, storage, dataDir, docs: DOCS, version } };
}

function describeStorage(storage: StorageSettings): string {
  switch (storage.kind) {
    case 'embedded':
      return `embedded SQLite, ${storage.file}`;
    case 'split': {
      const { mysql, mongodb } = storage;
      return `MySQL ${mysql.host}:${mysql.port}/${mysql.database} + MongoDB ${hostsOf(mongodb.url)}/${mongodb.database}`;
    }
    default:
      return storage satisfies never;
  }
}

/** Without user, password and options. */
function hostsOf(mongodbUrl: string): string {
  return mongodbUrl
    .replace(/^mongodb(\+srv)?:\/\//, '')
    .replace(/^.*@/, '')
    .replace(/[/?].*$/s, '');
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
