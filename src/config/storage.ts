import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SettingName } from './names.js';
import type { SettingsReader } from './reader.js';
import type { SplitStorage, StorageSettings } from './types.js';

const MYSQL_NAMES = ['MYSQL_HOST', 'MYSQL_PORT', 'MYSQL_USER', 'MYSQL_PASSWORD', 'MYSQL_DATABASE'] as const;
const MONGODB_NAMES = ['MONGODB_URL', 'MONGODB_DATABASE'] as const;
const URL_FORMS = 'must be mysql:// with user, password, host and database, or file: with the path of the SQLite file';

type MysqlTarget = Omit<SplitStorage['mysql'], 'poolSize'>;

/**
 * Which stores to open. Both database groups: split. Neither: SQLite in DATA_DIR. One without the other is a problem
 * that names what is missing. DATABASE_URL stands for either the MYSQL_* group or the SQLite file.
 */
export function readStorage(reader: SettingsReader): StorageSettings {
  const poolSize = reader.integer('MYSQL_POOL_SIZE', 10, 1, 1_000);
  const waitSeconds = reader.integer('STORE_WAIT_SECONDS', 60, 0, 3_600);
  const url = reader.secret('DATABASE_URL')?.trim() ?? '';
  const mysqlNames = MYSQL_NAMES.filter((name) => reader.has(name));
  const mongodbNames = MONGODB_NAMES.filter((name) => reader.has(name));

  for (const name of url === '' ? [] : mysqlNames) reader.problem(name, 'is not possible together with DATABASE_URL');
  if (url.startsWith('file:')) {
    for (const name of mongodbNames) reader.problem(name, 'is not possible together with a DATABASE_URL of a file');
    return readEmbedded(reader, readFilePath(reader, url));
  }
  const target = url === '' ? readMysqlGroup(reader, mysqlNames.length > 0) : readMysqlUrl(reader, url);
  if (target === null && mongodbNames.length === 0) return readEmbedded(reader, null);

  const mongodb = readMongodb(reader);
  if (target === null) {
    for (const name of ['MYSQL_HOST', 'MYSQL_USER', 'MYSQL_DATABASE'] as const) {
      reader.problem(name, 'is missing: MongoDB holds bodies only and needs MySQL beside it');
    }
  }
  const mysql = { host: '', port: 0, user: '', password: '', database: '', ...target, poolSize };
  return { kind: 'split', mysql, mongodb, waitSeconds };
}

function readEmbedded(reader: SettingsReader, file: string | null): StorageSettings {
  // One lock file in DATA_DIR guards the database, so the two may not lie apart.
  const dataDir = resolve(reader.text('DATA_DIR') ?? (file === null ? 'data' : dirname(file)));
  if (file !== null && dirname(file) !== dataDir)
    reader.problem('DATABASE_URL', 'must name a file directly in DATA_DIR');
  return { kind: 'embedded', dataDir, file: file ?? resolve(dataDir, 'parley.db') };
}

function readFilePath(reader: SettingsReader, url: string): string | null {
  const [path = '', query] = url.slice('file:'.length).split('?');
  if (path === '' || path.endsWith('/') || query !== undefined) {
    reader.problem('DATABASE_URL', URL_FORMS);
    return null;
  }
  return path.startsWith('//') && URL.canParse(url) ? localPath(reader, new URL(url)) : resolve(path);
}

function localPath(reader: SettingsReader, url: URL): string | null {
  if (url.host === '') return fileURLToPath(url);
  reader.problem('DATABASE_URL', 'must name a file of this machine: file:///absolute/path or file:./relative/path');
  return null;
}

function readMysqlUrl(reader: SettingsReader, text: string): MysqlTarget {
  const empty: MysqlTarget = { host: '', port: 0, user: '', password: '', database: '' };
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || url.protocol !== 'mysql:' || url.hostname === '' || url.username === '') {
    reader.problem('DATABASE_URL', URL_FORMS);
    return empty;
  }
  if (url.search !== '' || url.hash !== '') {
    reader.problem('DATABASE_URL', 'takes no options after the database name');
    return empty;
  }
  const decoded = [url.username, url.password, url.pathname.slice(1)].map(decode);
  const [user, password, database] = decoded;
  if (!user || password == null || !database || database.includes('/')) {
    reader.problem('DATABASE_URL', URL_FORMS);
    return empty;
  }
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port || 3306), user, password, database };
}

function decode(part: string): string | null {
  try {
    return decodeURIComponent(part);
  } catch {
    return null; // a stray % is judged by the caller, as a malformed URL
  }
}

function readMysqlGroup(reader: SettingsReader, present: boolean): MysqlTarget | null {
  const port = reader.integer('MYSQL_PORT', 3306, 1, 65_535);
  if (!present) return null;
  const host = required(reader, 'MYSQL_HOST', 'is missing: other MYSQL_ settings are given');
  const user = required(reader, 'MYSQL_USER', 'is missing: other MYSQL_ settings are given');
  const database = required(reader, 'MYSQL_DATABASE', 'is missing: other MYSQL_ settings are given');
  return { host, port, user, password: reader.secret('MYSQL_PASSWORD') ?? '', database };
}

function readMongodb(reader: SettingsReader): SplitStorage['mongodb'] {
  const url = required(reader, 'MONGODB_URL', 'is missing: MySQL holds metadata only and needs MongoDB beside it');
  if (url !== '' && !/^mongodb(\+srv)?:\/\/[^/]/.test(url)) {
    reader.problem('MONGODB_URL', 'must start with mongodb:// or mongodb+srv:// and name a host');
  }
  const database = required(reader, 'MONGODB_DATABASE', 'is missing: the name of the database that holds the bodies');
  if (/[\s/\\."$*<>:|?]/.test(database) || database.length > 38) {
    reader.problem('MONGODB_DATABASE', 'must be a MongoDB database name of at most 38 characters');
  }
  return { url, database };
}

function required(reader: SettingsReader, name: SettingName, problem: string): string {
  const value = reader.text(name);
  if (value === null) reader.problem(name, problem);
  return value ?? '';
}
