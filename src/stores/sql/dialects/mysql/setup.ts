import type { Connection } from 'mysql2/promise';
import { DriverFailure } from '../../errors.js';

/** What the server itself says about a connection; a proxy in between has numbers of its own. */
export interface ServerSession {
  /** Distance between the ids of one multi-row insert (Galera and replication setups raise it). */
  readonly increment: number;
  readonly thread: number;
  /** Which server of several behind one address. */
  readonly server: string;
  /** The server takes no writes: a replica, or what a fail-over has left behind. */
  readonly isReadOnly: boolean;
}

type Asker = Pick<Connection, 'query'>;

/** Cut values are errors, a backslash in our texts is nothing but an escape, and quotes mean what they mean everywhere. */
const SQL_MODE = 'STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION';

/**
 * The character set is asked for by statement: what the handshake asks for a server may ignore
 * (`--skip-character-set-client-handshake`), and then reads bound texts as gbk, say, and stores others than were sent.
 */
const NAMES = 'SET NAMES utf8mb4 COLLATE utf8mb4_bin';
const MODES = `SET SESSION time_zone = '+00:00', autocommit = 1, sql_mode = '${SQL_MODE}'`;

const SESSION = [
  NAMES,
  'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
  // A holder that falls silent keeps its locks no longer than wait_timeout. Single statements commit by themselves,
  // whatever the server's own setting.
  `${MODES}, innodb_lock_wait_timeout = 3, wait_timeout = 60`,
];

/** As @@name must answer after the set-up. */
const REQUIRED: Readonly<Record<string, string>> = {
  character_set_client: 'utf8mb4',
  character_set_connection: 'utf8mb4',
  character_set_results: 'utf8mb4',
  collation_connection: 'utf8mb4_bin',
  sql_mode: SQL_MODE,
  time_zone: '+00:00',
  autocommit: '1',
};

const READ_SERVER = `@@auto_increment_increment AS step, CONNECTION_ID() AS thread,
  CONCAT_WS(':', @@hostname, @@port, @@server_id) AS server, @@read_only AS closed, @@innodb_read_only AS frozen`;
const READ_ALL = `SELECT ${READ_SERVER}, ${Object.keys(REQUIRED)
  .map((name) => `@@${name} AS ${name}`)
  .join(', ')}`;

/**
 * A session whose settings did not take, although the server said that they had: something in between, or a server of
 * another kind, reads what we send in another way than it is meant. Nobody may use the connection.
 */
export class SessionRefused extends DriverFailure {
  /** Names the settings, with what they are and what they must be. */
  readonly reason: string;

  constructor(reason: string) {
    super({ code: 'SESSION_REFUSED', phase: 'connect' });
    this.name = 'SessionRefused';
    this.reason = reason;
    this.message = `The database's session is not as it was set up: ${reason}`;
  }
}

/** Makes a new connection ready for statements, and makes sure that it is. */
export async function setUpSession(connection: Asker, timeout: number): Promise<ServerSession> {
  return set(connection, SESSION, timeout);
}

/** The same for a connection that changes the schema, whose statements may take and wait as long as they need. */
export async function setUpForMigration(connection: Asker, timeout: number): Promise<ServerSession> {
  return set(connection, [NAMES, MODES], timeout);
}

async function set(connection: Asker, statements: readonly string[], timeout: number): Promise<ServerSession> {
  for (const sql of statements) await connection.query({ sql, timeout });
  const row = await readRow(connection, READ_ALL, timeout);
  const wrong = Object.entries(REQUIRED).filter(([name, wanted]) => normal(row[name]) !== normal(wanted));
  if (wrong.length > 0) {
    throw new SessionRefused(
      wrong.map(([name, wanted]) => `${name} is ${shown(row[name])} instead of ${wanted}`).join('; '),
    );
  }
  return sessionOf(row);
}

/** What there is to know of a connection that is not set up. */
export async function readSession(connection: Asker, timeout: number): Promise<ServerSession> {
  return sessionOf(await readRow(connection, `SELECT ${READ_SERVER}`, timeout));
}

type Row = Readonly<Record<string, unknown>>;

async function readRow(connection: Asker, sql: string, timeout: number): Promise<Row> {
  const [rows] = await connection.query({ sql, timeout });
  return (rows as Row[])[0] ?? {};
}

function sessionOf(row: Row): ServerSession {
  return {
    increment: Number(row['step']),
    thread: Number(row['thread']),
    server: String(row['server']),
    isReadOnly: !isOff(row['closed']) || !isOff(row['frozen']),
  };
}

/** MariaDB 12 has words for it. */
function isOff(value: unknown): boolean {
  return ['0', 'OFF'].includes(String(value));
}

/** The modes of sql_mode come in an order of the server's own. */
function normal(value: unknown): string {
  return String(value).split(',').sort().join(',');
}

/** Settings hold names of a few known kinds; anything else is not repeated. */
function shown(value: unknown): string {
  const text = String(value);
  return text === '' ? 'empty' : /^[\w+:,.-]{1,300}$/.test(text) ? text : 'something else';
}
