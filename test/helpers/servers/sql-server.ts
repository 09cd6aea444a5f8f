import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createConnection, type Connection } from 'mysql2/promise';
import { freePort } from './free-port.js';
import { ServerProcess } from './server-process.js';
import type { SqlServer } from './server.js';

const HOST = '127.0.0.1';
const USER = 'parley';
const DATABASE = 'parley';

export interface SqlFlavour {
  name: 'mariadb' | 'mysql';
  /** Where the temporary folder is made; the system's own place by default. */
  parent?: string;
  /** The server's own view of a path, where it runs in a chroot. */
  inside?: (path: string) => string;
  /** The command that fills an empty data folder. */
  install: (dataFolder: string) => string[];
  /** The server's command with the settings that only this flavour has. */
  serve: string[];
  /** Settings of one test's own; they win over all others. */
  settings: readonly string[];
}

/** Starts a private server of the flavour, with one user who may do everything and one empty database. */
export async function startSqlServer(flavour: SqlFlavour): Promise<SqlServer> {
  const port = await freePort();
  const password = randomBytes(12).toString('hex');
  const url = `mysql://${USER}:${password}@${HOST}:${port}/${DATABASE}`;
  const server = new ServerProcess({
    name: flavour.name,
    ping: () => pingSql(url),
    ...(flavour.parent === undefined ? {} : { parent: flavour.parent }),
  });
  const folder = (flavour.inside ?? ((path) => path))(server.folder);
  // A server that starts removes all `#sql*` files of its folder for temporary files: in one they share, those of others too.
  const temporary = `--tmpdir=${folder}/tmp`;
  const command = [
    ...flavour.serve,
    `--datadir=${folder}/data`,
    temporary,
    `--socket=${folder}/sql.sock`,
    `--pid-file=${folder}/sql.pid`,
    `--port=${port}`,
    `--bind-address=${HOST}`,
    '--skip-name-resolve',
    // Debian's own default. MariaDB without an option file takes latin1.
    '--character-set-server=utf8mb4',
    '--max-connections=300',
    '--innodb-flush-log-at-trx-commit=1',
    '--innodb-buffer-pool-size=64M',
    ...flavour.settings,
  ];
  try {
    mkdirSync(join(server.folder, 'tmp'));
    await server.prepare([...flavour.install(`${folder}/data`), temporary]);
    // The server runs these statements before it listens, so the first connection finds the user in place.
    writeFileSync(join(server.folder, 'first-start.sql'), firstStartSql(password), { mode: 0o600 });
    await server.start([...command, `--init-file=${folder}/first-start.sql`]);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return {
    url,
    host: HOST,
    port,
    user: USER,
    password,
    database: DATABASE,
    get pid() {
      return server.pid;
    },
    stop: () => server.stop(),
    kill9: () => server.kill('SIGKILL'),
    restart: async () => {
      await server.kill('SIGTERM');
      await server.start(command);
    },
    createDatabase: (name) => createSqlDatabase(url, name),
  };
}

/** Creates an empty database on the server that `url` names (any database in it) and answers the new one's URL. */
export async function createSqlDatabase(url: string, name: string): Promise<string> {
  if (!/^\w{1,64}$/.test(name)) throw new Error(`not a database name: ${name}`);
  await withConnection(url, (connection) => connection.query(`CREATE DATABASE \`${name}\``));
  const created = new URL(url);
  created.pathname = `/${name}`;
  return created.href;
}

/** Resolves if the server accepts the URL's user and database and answers a query. */
export async function pingSql(url: string): Promise<void> {
  await withConnection(url, (connection) => connection.query('SELECT 1'));
}

/** What the server calls itself, e.g. `10.11.19-MariaDB` or `9.7.4-2`. */
export async function sqlVersion(url: string): Promise<string> {
  const [rows] = await withConnection(url, (connection) => connection.query('SELECT VERSION() AS version'));
  return String((rows as { version: unknown }[])[0]?.version);
}

async function withConnection<T>(url: string, use: (connection: Connection) => Promise<T>): Promise<T> {
  const connection = await createConnection({ uri: url, connectTimeout: 2_000 });
  try {
    return await use(connection);
  } finally {
    connection.destroy();
  }
}

// One statement per line: MySQL takes no statement over several.
function firstStartSql(password: string): string {
  return [
    `CREATE USER '${USER}'@'%' IDENTIFIED BY '${password}';`,
    `GRANT ALL ON *.* TO '${USER}'@'%' WITH GRANT OPTION;`,
    `CREATE DATABASE ${DATABASE};`,
    '',
  ].join('\n');
}
