import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { connect } from 'node:net';
import { MongoClient } from 'mongodb';
import { findBinary, isExecutable } from './find-binary.js';
import { freePort } from './free-port.js';
import { ServerProcess } from './server-process.js';
import { MissingServerError, type DatabaseServer } from './server.js';

const DEFAULT_MONGOD = '/opt/parley-test/mongod';
const HOST = '127.0.0.1';

/** Whether {@link startMongoDb} finds a mongod. */
export function hasMongoDb(): boolean {
  return findMongod() !== undefined;
}

/**
 * Starts a private standalone mongod; about 0.7 s. It journals, so `w: 'majority', j: true` is acknowledged from disk.
 * The binary is the one that PARLEY_TEST_MONGOD names, else the PATH's, else the one that .ci/install-servers.sh makes.
 * @throws MissingServerError if there is none.
 */
export async function startMongoDb(): Promise<DatabaseServer> {
  const mongod = findMongod();
  if (mongod === undefined) {
    throw new MissingServerError(
      'mongod (MongoDB)',
      'Run .ci/install-servers.sh as root, or name a mongod binary in PARLEY_TEST_MONGOD.',
    );
  }
  const port = await freePort();
  const url = `mongodb://${HOST}:${port}`;
  const server = new ServerProcess({
    name: 'mongodb',
    ping: async () => {
      await refuseWhileClosed(port);
      await pingMongo(url);
    },
  });
  const data = `${server.folder}/data`;
  mkdirSync(data);
  const command = [
    mongod,
    `--dbpath=${data}`,
    `--port=${port}`,
    `--bind_ip=${HOST}`,
    '--nounixsocket',
    '--wiredTigerCacheSizeGB=0.25',
    // Only a support engineer reads these files, and they cost a write every second.
    '--setParameter=diagnosticDataCollectionEnabled=false',
  ];
  const start = () => server.start(command);
  try {
    await start();
  } catch (error) {
    await server.stop();
    throw error;
  }
  return {
    url,
    port,
    get pid() {
      return server.pid;
    },
    stop: () => server.stop(),
    kill9: () => server.kill('SIGKILL'),
    restart: async () => {
      await server.kill('SIGTERM');
      await start();
    },
  };
}

/** Resolves if the server answers a command. */
export async function pingMongo(url: string): Promise<void> {
  await withClient(url, (client) => client.db('admin').command({ ping: 1 }));
}

/** The server's version, e.g. `6.0.5`. */
export async function mongoVersion(url: string): Promise<string> {
  const info = await withClient(url, (client) => client.db('admin').command({ buildInfo: 1 }));
  return String(info['version']);
}

async function withClient<T>(url: string, use: (client: MongoClient) => Promise<T>): Promise<T> {
  // The driver's own default waits 30 s for a server that may have exited already.
  const client = new MongoClient(url, { serverSelectionTimeoutMS: 2_000, connectTimeoutMS: 2_000 });
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}

// The driver looks at a refused server again only after 500 ms, which would double the time of a start.
async function refuseWhileClosed(port: number): Promise<void> {
  const socket = connect(port, HOST);
  try {
    await once(socket, 'connect');
  } finally {
    socket.destroy();
  }
}

function findMongod(): string | undefined {
  const named = process.env['PARLEY_TEST_MONGOD'];
  if (named !== undefined && named !== '') return isExecutable(named) ? named : undefined;
  return findBinary('mongod') ?? (isExecutable(DEFAULT_MONGOD) ? DEFAULT_MONGOD : undefined);
}
