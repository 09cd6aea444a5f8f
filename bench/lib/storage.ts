import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { startMariaDb } from '../../test/helpers/servers/mariadb.js';
import { mongoVersion, startMongoDb } from '../../test/helpers/servers/mongodb.js';
import { sqlVersion } from '../../test/helpers/servers/sql-server.js';

export const STORAGE_KINDS = ['embedded', 'split'] as const;
export type StorageKind = (typeof STORAGE_KINDS)[number];

/** Where one data set lies: what the server needs to use it, and what a raw driver needs. */
export type DataSet = { readonly folder: string; readonly env: Readonly<Record<string, string>> } & (
  | { readonly kind: 'embedded'; readonly file: string }
  | { readonly kind: 'split'; readonly mysqlUrl: string; readonly mongodbUrl: string; readonly mongodbDatabase: string }
);

/** One kind of storage, ready to hold data sets. */
export interface Storage {
  readonly kind: StorageKind;
  /** For the report: products and versions. */
  readonly label: string;
  readonly versions: Readonly<Record<string, string>>;
  /** What decides whether a confirmed write is on disk, as the databases report it. */
  readonly durability: Readonly<Record<string, string>>;
  /** The databases' processes, by name. */
  readonly pids: Readonly<Record<string, number>>;
  /** An empty data set; `name`: letters, digits and `_`. */
  create(name: string): Promise<DataSet>;
  stop(): Promise<void>;
}

/** Starts what the kind needs: nothing, or private servers that are gone with `stop`. */
export function openStorage(kind: StorageKind, folder: string): Promise<Storage> {
  switch (kind) {
    case 'embedded':
      return Promise.resolve(openEmbedded(folder));
    case 'split':
      return openSplit(folder);
    default:
      return kind satisfies never;
  }
}

function openEmbedded(folder: string): Storage {
  return {
    kind: 'embedded',
    label: 'SQLite',
    versions: {},
    durability: { sqlite: 'WAL, synchronous=FULL' },
    pids: {},
    async create(name) {
      const dataDir = await makeFolder(folder, `embedded-${name}`);
      return { kind: 'embedded', folder: dataDir, env: { DATA_DIR: dataDir }, file: join(dataDir, 'parley.db') };
    },
    stop: () => Promise.resolve(),
  };
}

async function openSplit(folder: string): Promise<Storage> {
  const sql = await startMariaDb();
  const mongo = await startMongoDb();
  const versions = { sql: await sqlVersion(sql.url), mongod: await mongoVersion(mongo.url) };
  return {
    kind: 'split',
    label: `SQL ${versions.sql} + MongoDB ${versions.mongod}`,
    versions,
    durability: { ...(await flushSettings(sql.url)), mongod: "w: 'majority', j: true" },
    pids: { sql: sql.pid, mongod: mongo.pid },
    async create(name) {
      const mysqlUrl = await sql.createDatabase(`bench_${name}`);
      const dataDir = await makeFolder(folder, `split-${name}`);
      const mongodbDatabase = `bench_${name}`;
      const env = {
        DATABASE_URL: mysqlUrl,
        MONGODB_URL: mongo.url,
        MONGODB_DATABASE: mongodbDatabase,
        DATA_DIR: dataDir,
      };
      return { kind: 'split', folder: dataDir, env, mysqlUrl, mongodbUrl: mongo.url, mongodbDatabase };
    },
    async stop() {
      await Promise.allSettled([sql.stop(), mongo.stop()]);
    },
  };
}

async function flushSettings(url: string): Promise<Record<string, string>> {
  const connection = await createConnection(url);
  try {
    const names = ['innodb_flush_log_at_trx_commit', 'log_bin', 'sync_binlog', 'innodb_doublewrite'];
    const [rows] = await connection.query('SHOW GLOBAL VARIABLES WHERE Variable_name IN (?)', [names]);
    const variables = rows as { readonly Variable_name: string; readonly Value: string }[];
    return Object.fromEntries(variables.map((row) => [row.Variable_name, row.Value]));
  } finally {
    await connection.end();
  }
}

async function makeFolder(parent: string, name: string): Promise<string> {
  const path = join(parent, name);
  await mkdir(path, { recursive: true, mode: 0o700 });
  return path;
}
