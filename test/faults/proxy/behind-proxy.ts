import { startTestApp, type TestApp } from '../../helpers/app.js';
import { TestClient } from '../../helpers/client.js';
import type { ProxiedApp } from './proxied-app.js';
import { FaultProxy } from './proxy.js';

/** A whole Parley that its clients reach through a proxy only; it reaches its databases directly. */
export interface AppBehindProxy {
  readonly app: TestApp;
  readonly edge: FaultProxy;
  /** As its clients see it. */
  readonly through: ProxiedApp;
}

export async function startBehindProxy(env: Readonly<Record<string, string>>): Promise<AppBehindProxy> {
  const app = await startTestApp({ env });
  const edge = await FaultProxy.start({ host: '127.0.0.1', port: Number(new URL(app.url).port) }, 'raw');
  const client = new TestClient(`http://127.0.0.1:${edge.port}`);
  return {
    app,
    edge,
    through: {
      app: { ...app, url: client.url },
      client,
      sql: edge,
      mongo: edge,
      storage: { env: storageOf(app) },
      async stop() {
        await edge.stop();
        await app.stop();
      },
    },
  };
}

function storageOf({ settings }: TestApp): Readonly<Record<string, string>> {
  const { storage } = settings;
  if (storage.kind === 'embedded') return { DATA_DIR: storage.dataDir };
  const { host, port, user, password, database } = storage.mysql;
  return {
    DATABASE_URL: `mysql://${user}:${password}@${host}:${port}/${database}`,
    MONGODB_URL: storage.mongodb.url,
    MONGODB_DATABASE: storage.mongodb.database,
  };
}
