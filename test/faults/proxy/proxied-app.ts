import { freshStorage, startTestApp, type FreshStorage, type TestApp, type TestAppOptions } from '../../helpers/app.js';
import { TestClient } from '../../helpers/client.js';
import { FaultProxy } from './proxy.js';

/** A whole Parley on split storage that reaches its databases through proxies only. */
export interface ProxiedApp {
  readonly app: TestApp;
  readonly client: TestClient;
  readonly sql: FaultProxy;
  readonly mongo: FaultProxy;
  /** The databases themselves, past the proxies. */
  readonly storage: Pick<FreshStorage, 'env'>;
  stop(): Promise<void>;
}

/** `direct`: databases of the test's own; otherwise fresh ones on the run's servers. */
export async function startProxiedApp(
  options: Omit<TestAppOptions, 'storage'> = {},
  direct?: FreshStorage['env'],
): Promise<ProxiedApp> {
  const storage = direct === undefined ? await freshStorage() : { env: direct, remove: () => Promise.resolve() };
  const sqlUrl = new URL(storage.env['DATABASE_URL'] ?? 'missing:');
  const mongoUrl = new URL(storage.env['MONGODB_URL'] ?? 'missing:');
  const sql = await FaultProxy.start(addressOf(sqlUrl), 'mysql');
  const mongo = await FaultProxy.start(addressOf(mongoUrl), 'mongodb');
  const stopProxies = (): Promise<unknown> => Promise.all([sql.stop(), mongo.stop()]);
  sqlUrl.port = String(sql.port);
  const through = {
    ...storage.env,
    DATABASE_URL: sqlUrl.href,
    MONGODB_URL: `mongodb://127.0.0.1:${mongo.port}/?directConnection=true`,
  };
  try {
    const app = await startTestApp({ ...options, storage: { env: through } });
    return {
      app,
      client: new TestClient(app.url),
      sql,
      mongo,
      storage,
      async stop() {
        sql.heal();
        mongo.heal();
        await app.stop();
        await stopProxies();
        await storage.remove();
      },
    };
  } catch (error) {
    await stopProxies();
    await storage.remove();
    throw error;
  }
}

function addressOf({ hostname, port }: URL): { readonly host: string; readonly port: number } {
  return { host: hostname, port: Number(port) };
}
