/** A private database server for tests: own data, own port on 127.0.0.1, gone with {@link DatabaseServer.stop}. */
export interface DatabaseServer {
  /** What a client connects to; stays the same over {@link DatabaseServer.restart}. */
  readonly url: string;
  readonly port: number;
  /** Process id of the running server; it changes with a restart. Throws while the server is down. */
  readonly pid: number;
  /** Ends the server and removes its data. A second call does nothing. */
  stop(): Promise<void>;
  /** Crashes the server (SIGKILL) and returns once it is gone. Its data stays for {@link DatabaseServer.restart}. */
  kill9(): Promise<void>;
  /** Starts it again on the same data and port, after a clean shutdown if it still runs; resolves when it answers. */
  restart(): Promise<void>;
}

/** A private MySQL or MariaDB. Its user holds all privileges on all databases. */
export interface SqlServer extends DatabaseServer {
  readonly host: string;
  readonly user: string;
  readonly password: string;
  /** The database that {@link DatabaseServer.url} names; exists and is empty after the start. */
  readonly database: string;
  /** Creates an empty database and answers its URL. `name`: letters, digits and `_`; an existing name is an error. */
  createDatabase(name: string): Promise<string>;
}

/** The server's programs are not on this machine; the message says how to get them. */
export class MissingServerError extends Error {
  constructor(what: string, howToInstall: string) {
    super(`${what} is not installed. ${howToInstall}`);
    this.name = 'MissingServerError';
  }
}
