import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { MongoClient } from 'mongodb';
import { createConnection } from 'mysql2/promise';
import { createApp, type App, type Overrides } from '../../src/app.js';
import { setNativeHeaderLimit } from '../../src/config/env.js';
import { parseSettings, type Settings } from '../../src/config/settings.js';
import { LIMITS } from '../../src/protocol/limits.js';
import { createLogger } from '../../src/telemetry/logger.js';
import { createSqlDatabase } from './servers/sql-server.js';

export interface TestApp extends App {
  readonly settings: Settings;
  /** `http://127.0.0.1:port`, without a slash at the end. */
  readonly url: string;
  /** `ws://127.0.0.1:port/api/v1/ws`; a chat's socket is `${wsUrl}/${chatId}?token=…`. */
  readonly wsUrl: string;
  readonly httpPort: number | null;
  /** Every line the app has logged so far, as JSON text. */
  readonly logs: readonly string[];
}

export interface TestAppOptions extends Overrides {
  /** Settings by their names, over the ones for tests. */
  readonly env?: Readonly<Record<string, string>>;
  /** Where to keep its data, for nodes that share one; otherwise a fresh place that `stop` removes. */
  readonly storage?: Pick<FreshStorage, 'env'>;
}

/** What one user may do in a time is bounded only where a test is about that. */
export const RATES_OFF = {
  RATE_SEND: '0',
  RATE_EDIT: '0',
  RATE_CREATE_CHAT: '0',
  RATE_ADD_PEOPLE: '0',
  RATE_READ: '0',
  RATE_SEARCH: '0',
  RATE_CHANGES: '0',
};

/** Fast and without throttles; a test that is about one of these sets it itself. */
export const TEST_ENVIRONMENT = {
  HOST: '127.0.0.1',
  PORT: '0',
  SECRET_KEY: 'f3Jq9ZtB1xWm7KcV5sLd2RgN8hYp4EuA',
  BCRYPT_COST: '4',
  REGISTER_LIMIT_PER_ADDRESS_HOUR: '0',
  LOGIN_LIMIT_PER_ADDRESS_HOUR: '0',
  LOGIN_LIMIT_PER_ACCOUNT_HOUR: '0',
  EMAIL_CHANGES_PER_DAY: '0',
  ...RATES_OFF,
  FRAMES_PER_SECOND: '0',
  SOCKETS_PER_USER: '0',
  LOG_LEVEL: 'debug',
};

/**
 * A whole Parley on a free port with storage of its own: embedded, or a fresh database on the servers of
 * PARLEY_TEST_MYSQL_URL and PARLEY_TEST_MONGODB_URL when PARLEY_TEST_STORE=split; missing servers are an error.
 * PARLEY_TEST_LISTENER (auto, uws, node) chooses the edge. `stop` removes everything.
 */
export async function startTestApp(options: TestAppOptions = {}): Promise<TestApp> {
  const { env, storage: given, ...overrides } = options;
  const storage = given === undefined ? await freshStorage() : { ...given, remove: () => Promise.resolve() };
  try {
    const settings = settingsOf({ ...TEST_ENVIRONMENT, ...listenerOf(), ...storage.env, ...env });
    const logs: string[] = [];
    setNativeHeaderLimit(LIMITS.headerBytes);
    const app = await createApp(settings, createLogger(settings.log, collect(logs)), overrides);
    const { port, httpPort } = await app.start();
    return {
      ...app,
      settings,
      logs,
      httpPort,
      url: `http://127.0.0.1:${port}`,
      wsUrl: `ws://127.0.0.1:${port}/api/v1/ws`,
      async stop() {
        await app.stop();
        await storage.remove();
      },
    };
  } catch (error) {
    await storage.remove();
    throw error;
  }
}

export interface FreshStorage {
  /** The settings that name it. */
  readonly env: Readonly<Record<string, string>>;
  remove(): Promise<void>;
}

/** An empty data directory and, on split storage, empty databases that nobody else uses. */
export async function freshStorage(): Promise<FreshStorage> {
  const dataDir = await mkdtemp(join(tmpdir(), 'parley-test-'));
  const removeDir = () => rm(dataDir, { recursive: true, force: true });
  if (process.env['PARLEY_TEST_STORE'] !== 'split') return { env: { DATA_DIR: dataDir }, remove: removeDir };

  const sqlUrl = required('PARLEY_TEST_MYSQL_URL');
  const mongoUrl = required('PARLEY_TEST_MONGODB_URL');
  const name = `parley_${randomBytes(6).toString('hex')}`;
  const url = await createSqlDatabase(sqlUrl, name);
  return {
    env: { DATA_DIR: dataDir, DATABASE_URL: url, MONGODB_URL: mongoUrl, MONGODB_DATABASE: name },
    async remove() {
      await Promise.all([dropSql(url, name), dropMongo(mongoUrl, name), removeDir()]);
    },
  };
}

export function settingsOf(env: Readonly<Record<string, string>>): Settings {
  const parsed = parseSettings(env, { isTty: false });
  if (!parsed.ok) throw new Error(`test settings: ${JSON.stringify(parsed.problems)}`);
  return parsed.settings;
}

function listenerOf(): { LISTENER?: string } {
  const listener = process.env['PARLEY_TEST_LISTENER'];
  return listener === undefined ? {} : { LISTENER: listener };
}

function required(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') throw new Error(`PARLEY_TEST_STORE=split needs ${name}`);
  return value;
}

function collect(lines: string[]): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(...chunk.toString('utf8').split('\n').filter(Boolean));
      done();
    },
  });
}

async function dropSql(url: string, name: string): Promise<void> {
  const connection = await createConnection({ uri: url });
  await connection.query(`DROP DATABASE IF EXISTS ${name}`).finally(() => connection.end());
}

async function dropMongo(url: string, name: string): Promise<void> {
  const client = await MongoClient.connect(url);
  await client
    .db(name)
    .dropDatabase()
    .finally(() => client.close());
}
