import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseTrustedProxies } from '../../../src/domain/client-address.js';
import type { Identity, User } from '../../../src/domain/user.js';
import { createHttpApp, type HttpApp } from '../../../src/http/server.js';
import { createReadShares } from '../../../src/services/reading/read-shares.js';
import type { Services } from '../../../src/services/services.js';
import { scrub } from '../../../src/telemetry/scrub.js';
import { NO_LIMITS } from '../../helpers/no-limits.js';
import { TestClient } from '../../helpers/client.js';

export interface LogLine {
  readonly level: string;
  readonly facts: Readonly<Record<string, unknown>>;
  readonly message: string;
}

export interface Harness {
  readonly client: TestClient;
  readonly app: HttpApp;
  readonly logs: LogLine[];
  /** Replace what a test is about; everything else throws. */
  readonly services: Replaceable;
  stop(): Promise<void>;
}

type Replaceable = { [Group in keyof Services]: Partial<Services[Group]> };

export const USER: User = {
  id: 7,
  username: 'ann',
  email: 'ann@example.org',
  fullName: null,
  isActive: true,
  createdAt: new Date(0),
  lastSeen: null,
};
export const IDENTITY: Identity = {
  userId: USER.id,
  username: USER.username,
  expiresAt: 8.64e15,
};

/** The HTTP side alone, over node:http and services that a test sets. Every token is good. */
export async function startHarness(
  options: { corsOrigins?: readonly string[]; trustedProxies?: readonly string[] } = {},
): Promise<Harness> {
  const services: Replaceable = {
    users: { authenticate: () => Promise.resolve(IDENTITY), me: () => Promise.resolve(USER) },
    chats: {},
    participants: {},
    messages: {},
    realtime: {},
    reading: createReadShares(),
    system: { info: () => ({ name: 'Parley', version: '0.0.0', passwordMinLength: 8 }) },
  };
  const logs: LogLine[] = [];
  const note = (level: string) => (facts: object, message: string) =>
    void logs.push({ level, facts: scrub(facts), message });
  const app = createHttpApp({
    services: services as Services,
    limiter: NO_LIMITS,
    logger: { debug: note('debug'), info: note('info'), warn: note('warn'), error: note('error') },
    clock: { now: () => Date.now(), monotonic: () => performance.now() },
    corsOrigins: options.corsOrigins ?? [],
    trustedProxies: parseTrustedProxies(options.trustedProxies ?? []),
    statsToken: null,
  });
  const handler = app.callback();
  const server = createServer((request, response) => void handler(request, response));
  const url = await listen(server);
  return { client: new TestClient(url), app, logs, services, stop: () => close(server) };
}

export async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

export async function close(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
}
