import { pathToFileURL } from 'node:url';
import { createClient, type Client, type InArgs, type ResultSet, type Transaction } from '@libsql/client';
import { scrub } from '../errors.js';

/** What every connection runs with. A commit is on disk before it is answered, as on the other stores. */
const PRAGMAS = [
  ['journal_mode', 'wal'],
  ['synchronous', 2],
  ['foreign_keys', 1],
] as const;

/**
 * One connection in a client of its own: a client is a pool, and a PRAGMA would reach one of its connections only.
 * No busy timeout: it would block the event loop for its whole length.
 */
export class SqliteConnection {
  readonly #client: Client;
  #transaction: Transaction | null = null;

  private constructor(client: Client) {
    this.#client = client;
  }

  static async open(file: string): Promise<SqliteConnection> {
    const client = createClient({ url: pathToFileURL(file).href, concurrency: 1, intMode: 'number' });
    try {
      for (const [name, wanted] of PRAGMAS) {
        await client.execute(`PRAGMA ${name} = ${wanted}`);
        const { rows } = await client.execute(`PRAGMA ${name}`);
        if (rows[0]?.[0] !== wanted) throw new Error(`SQLite does not take PRAGMA ${name} = ${wanted} on this file`);
      }
      return new SqliteConnection(client);
    } catch (error) {
      client.close();
      throw error;
    }
  }

  execute(statement: { readonly sql: string; readonly args: InArgs }): Promise<ResultSet> {
    return (this.#transaction ?? this.#client).execute(statement);
  }

  async begin(mode: 'write' | 'deferred'): Promise<void> {
    this.#transaction = await this.#client.transaction(mode);
  }

  async commit(): Promise<void> {
    await this.#take()?.commit();
  }

  /** Harmless where SQLite has rolled back by itself (disk full, I/O error). */
  async rollback(): Promise<void> {
    const transaction = this.#take();
    if (transaction?.closed === false) await transaction.rollback();
    else transaction?.close();
  }

  close(): void {
    this.#client.close();
  }

  #take(): Transaction | null {
    const transaction = this.#transaction;
    this.#transaction = null;
    return transaction;
  }
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
      throw scrub(error, 'connect');
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
