import Database from 'libsql';
import { describeDriverError } from '../../errors.js';

/**
 * What every connection runs with. A commit is on disk before it is answered, as on the other stores. What is deleted is
 * overwritten: else the text of 1,565 of 2,072 erased bodies was still in the file, with it of 2. Inserts cost the same.
 */
const PRAGMAS = [
  ['journal_mode', 'wal'],
  ['synchronous', 2],
  ['foreign_keys', 1],
  ['secure_delete', 1],
  // Pages of 4 KiB. At SQLite's own 1,000 every seventh batch of sends stopped for a checkpoint: with 256 in flight 4,842 a
  // second became 5,982.
  ['wal_autocheckpoint', 4_000],
  // KiB, of each connection: indexes that do not fit are read through the operating system again and again.
  ['cache_size', -16_000],
] as const;

/** What one statement gave: rows as arrays in the order of `columns`, or how many it changed. */
export interface SqliteResult {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
  readonly rowsAffected: number;
  /** Id of the last row inserted; 0 where the statement returned rows. */
  readonly lastInsertRowid: number;
}

export interface SqliteStatement {
  readonly sql: string;
  readonly args: readonly SqliteValue[];
}

export type SqliteValue = string | number | bigint | boolean | null | ArrayBuffer | Uint8Array;

interface Prepared {
  readonly statement: Database.Statement;
  /** null: changes rows and returns none. */
  readonly columns: readonly string[] | null;
}

/**
 * Most statements kept compiled. Those of hot paths are constant texts, and compiling each anew took 27 to 45 % of the
 * time of a request (the reason to use the native driver and not @libsql/client, which does).
 */
const PREPARED = 256;

/** One connection, with its statements compiled once. No busy timeout: it would block the event loop for its whole length. */
export class SqliteConnection {
  readonly #database: Database.Database;
  readonly #prepared = new Map<string, Prepared>();

  private constructor(database: Database.Database) {
    this.#database = database;
  }

  static async open(file: string): Promise<SqliteConnection> {
    const connection = new SqliteConnection(new Database(file));
    try {
      for (const [name, wanted] of PRAGMAS) {
        await connection.execute({ sql: `PRAGMA ${name} = ${wanted}`, args: [] });
        const { rows } = await connection.execute({ sql: `PRAGMA ${name}`, args: [] });
        if (rows[0]?.[0] !== wanted) throw new Error(`SQLite does not take PRAGMA ${name} = ${wanted} on this file`);
      }
      return connection;
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  /** Works at once, on this thread; asynchronous, so that a failure is a rejection like any other driver's. */
  execute({ sql, args }: SqliteStatement): Promise<SqliteResult> {
    return new Promise((resolve) => resolve(this.#run(sql, args.map(toDriver))));
  }

  /** One statement that returns no rows, for each of these; the result is that of all together. */
  executeEach(sql: string, rows: readonly (readonly SqliteValue[])[]): Promise<SqliteResult> {
    return new Promise((resolve) => {
      let rowsAffected = 0;
      let lastInsertRowid = 0;
      for (const row of rows) {
        const result = this.#run(sql, row.map(toDriver));
        rowsAffected += result.rowsAffected;
        ({ lastInsertRowid } = result);
      }
      resolve({ columns: [], rows: [], rowsAffected, lastInsertRowid });
    });
  }

  begin(mode: 'write' | 'deferred'): Promise<void> {
    return this.#command(mode === 'write' ? 'BEGIN IMMEDIATE' : 'BEGIN DEFERRED');
  }

  commit(): Promise<void> {
    return this.#command('COMMIT');
  }

  /** Harmless where SQLite has rolled back by itself (disk full, I/O error). */
  async rollback(): Promise<void> {
    if (this.#database.inTransaction) await this.#command('ROLLBACK');
  }

  /** Moves the log into the file and empties it; false: someone is still reading from it. */
  async truncateLog(): Promise<boolean> {
    const { rows } = await this.execute({ sql: 'PRAGMA wal_checkpoint(TRUNCATE)', args: [] });
    return rows[0]?.[0] === 0;
  }

  /** By itself the driver's close keeps files and locks until the garbage collector comes: nothing may be open then. */
  close(): void {
    this.#prepared.clear();
    if (!this.#database.open) return;
    if (this.#database.inTransaction) this.#database.exec('ROLLBACK');
    this.#database.close();
  }

  async #command(sql: string): Promise<void> {
    await this.execute({ sql, args: [] });
  }

  #run(sql: string, values: unknown[]): SqliteResult {
    const { statement, columns } = this.#prepare(sql);
    if (columns === null) {
      const { changes, lastInsertRowid } = statement.run(values);
      return { columns: [], rows: [], rowsAffected: changes, lastInsertRowid: Number(lastInsertRowid) };
    }
    return { columns, rows: statement.all(values) as unknown[][], rowsAffected: 0, lastInsertRowid: 0 };
  }

  #prepare(sql: string): Prepared {
    const known = this.#prepared.get(sql);
    if (known !== undefined) return known;
    const statement = this.#database.prepare(sql);
    const prepared: Prepared = { statement, columns: columnsOf(statement) };
    const [oldest] = this.#prepared.keys();
    if (this.#prepared.size >= PREPARED && oldest !== undefined) this.#prepared.delete(oldest);
    this.#prepared.set(sql, prepared);
    return prepared;
  }
}

/** The driver tells statements that return rows from others only by refusing `raw` on the latter. */
function columnsOf(statement: Database.Statement): readonly string[] | null {
  try {
    statement.raw(true);
  } catch {
    return null;
  }
  return statement.columns().map((column) => column.name);
}

function toDriver(value: SqliteValue): unknown {
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (value instanceof ArrayBuffer) return Buffer.from(value);
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  return value;
}

/**
 * Keeps connections for one purpose at a time each. One that did not end cleanly is closed: its client would
 * replace it silently by another without the PRAGMAs.
 */
export class ConnectionShelf {
  readonly #file: string;
  readonly #idle: SqliteConnection[] = [];
  #closed = false;

  constructor(file: string) {
    this.#file = file;
  }

  async take(): Promise<SqliteConnection> {
    try {
      return this.#idle.pop() ?? (await SqliteConnection.open(this.#file));
    } catch (error) {
      throw describeDriverError(error, 'connect');
    }
  }

  putBack(connection: SqliteConnection, clean: boolean): void {
    if (clean && !this.#closed) this.#idle.push(connection);
    else connection.close();
  }

  close(): void {
    this.#closed = true;
    for (const connection of this.#idle.splice(0)) connection.close();
  }
}
