import { resolve } from 'node:path';
import { checkFile, checkNames } from './environment-checks.js';
import type { EnvFile } from './env-file.js';
import { readIdentity } from './identity.js';
import { readRates } from './rates.js';
import { SettingsReader, isAddressRange, isOrigin, type Environment } from './reader.js';
import { readStorage } from './storage.js';
import type { LogSettings, ParsedSettings, ServerSettings, SocketSettings, ThrottleSettings } from './types.js';

export type * from './types.js';

export interface SettingsContext {
  /** Standard output is a terminal: logs are for people. */
  readonly isTty?: boolean;
  /** What the `.env` file brought, where there is one. */
  readonly file?: { readonly names: readonly string[]; readonly surprises: EnvFile['surprises'] };
}

/**
 * Strings to settings, without touching the process. Reports every problem at once, each with the variable's name
 * and never with its value.
 */
export function parseSettings(env: Environment, context: SettingsContext = {}): ParsedSettings {
  const reader = new SettingsReader(env);
  checkNames(reader, env, context.file?.names ?? []);
  checkFile(reader, context.file?.surprises ?? []);
  const production = reader.choice('NODE_ENV', 'development', ['production', 'development', 'test']) === 'production';
  const debug = reader.flag('DEBUG', false);
  if (production && debug) reader.problem('DEBUG', 'must be off with NODE_ENV=production: it shows internals');
  const server = readServer(reader);
  const storage = readStorage(reader);
  const settings = {
    production,
    debug,
    server,
    storage,
    dataDir: storage.kind === 'embedded' ? storage.dataDir : resolve(reader.text('DATA_DIR') ?? 'data'),
    identity: readIdentity(reader, storage.kind, production),
    throttles: readThrottles(reader),
    rates: readRates(reader),
    sockets: readSockets(reader),
    log: readLog(reader, debug, context),
  };
  if (reader.problems.length > 0) return { ok: false, problems: reader.problems, warnings: reader.warnings };
  return { ok: true, settings, warnings: reader.warnings };
}

function readServer(reader: SettingsReader): ServerSettings {
  const port = reader.integer('PORT', 8000, 0, 65_535);
  const httpPort = reader.has('HTTP_PORT') ? reader.integer('HTTP_PORT', 0, 0, 65_535) : null;
  if (httpPort !== null && httpPort !== 0 && httpPort === port) reader.problem('HTTP_PORT', 'must differ from PORT');
  return {
    // Only this machine: nothing is open to a network that its operator did not open.
    host: readHost(reader),
    port,
    httpPort,
    listener: reader.choice('LISTENER', 'auto', ['auto', 'uws', 'node']),
    trustedProxies: reader.list('TRUSTED_PROXIES', isAddressRange, 'IP addresses or CIDR ranges'),
    corsOrigins: reader.list('CORS_ORIGINS', isOrigin, 'exact origins such as https://app.example.com'),
    requestTimeoutMs: 1_000 * reader.integer('REQUEST_TIMEOUT_SECONDS', 15, 0, 3_600),
    handlerTimeoutMs: 1_000 * reader.integer('HANDLER_TIMEOUT_SECONDS', 30, 0, 3_600),
    statsToken: readStatsToken(reader),
  };
}

/** Sent as `Authorization: Bearer`, so without blanks; long enough that nobody guesses it. */
function readStatsToken(reader: SettingsReader): string | null {
  const token = reader.secret('STATS_TOKEN');
  if (token !== null && !/^[!-~]{16,}$/.test(token)) {
    reader.problem('STATS_TOKEN', 'must have at least 16 printable ASCII characters, without blanks');
  }
  return token;
}

function readHost(reader: SettingsReader): string {
  const host = reader.text('HOST') ?? '127.0.0.1';
  if (!/^[0-9A-Za-z.:_-]+$/.test(host)) reader.problem('HOST', 'must be an IP address or a host name, without a port');
  return host;
}

function readThrottles(reader: SettingsReader): ThrottleSettings {
  return {
    registerPerAddress: reader.integer('REGISTER_LIMIT_PER_ADDRESS_HOUR', 60, 0, 1_000_000),
    loginPerAddress: reader.integer('LOGIN_LIMIT_PER_ADDRESS_HOUR', 240, 0, 1_000_000),
    loginPerAccount: reader.integer('LOGIN_LIMIT_PER_ACCOUNT_HOUR', 60, 0, 1_000_000),
    emailChangesPerDay: reader.integer('EMAIL_CHANGES_PER_DAY', 5, 0, 1_000_000),
  };
}

function readSockets(reader: SettingsReader): SocketSettings {
  return {
    framesPerSecond: reader.integer('FRAMES_PER_SECOND', 50, 0, 1_000_000),
    socketsPerUser: reader.integer('SOCKETS_PER_USER', 100, 0, 1_000_000),
    // At least one largest frame with room to spare, else no reader could ever be fast enough.
    maxQueuedBytes: reader.integer('SOCKET_QUEUE_BYTES', 1_048_576, 262_144, 268_435_456),
    slowReaderMs: 1_000 * reader.integer('SLOW_READER_SECONDS', 15, 1, 3_600),
    authenticateMs: 1_000 * reader.integer('SOCKET_AUTHENTICATE_SECONDS', 10, 1, 300),
    maxUnauthenticated: reader.integer('UNAUTHENTICATED_SOCKETS', 1_000, 0, 1_000_000),
    // uWebSockets.js knows idle times from 8 to 960 seconds.
    idleTimeoutMs: 1_000 * reader.integer('SOCKET_IDLE_SECONDS', 120, 8, 960),
    heartbeatMs: 1_000 * reader.integer('HEARTBEAT_SECONDS', 5, 0, 300),
    resumeMaxItems: reader.integer('RESUME_MAX_ITEMS', 1_000, 1, 100_000),
  };
}

function readLog(reader: SettingsReader, debug: boolean, context: SettingsContext): LogSettings {
  return {
    level: reader.choice('LOG_LEVEL', debug ? 'debug' : 'info', ['debug', 'info', 'warn', 'error', 'silent']),
    format: context.isTty === true ? 'pretty' : 'json',
  };
}
