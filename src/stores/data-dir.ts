import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createClient } from '@libsql/client';
import { makeDataDir, namingDataDir } from './data-folder.js';
import { closeDirectory, closeIfThere, filesBeside, makePrivate } from './private-files.js';

/** The right to use a data directory, held by one process for its life. */
export interface DataDirLock {
  /** What other users of the machine can reach, for the log. */
  readonly warnings: readonly string[];
  /** Lets go; a second call does nothing. */
  release(): Promise<void>;
}

const LOCK_FILE = 'parley.lock';
const HOLDER_FILE = 'parley.pid';
const SECRET_FILE = 'secret-key';

/**
 * Creates the directory if need be, closes it and its files to other users, and locks it: two processes on one SQLite file would each believe to be the only one
 * to number messages. Rejects naming the holder's pid.
 *
 * The lock is SQLite's own, on a file of its own, so the kernel holds it: it ends with the process however that ends,
 * it cannot go stale or be fooled by a pid that was given out again, and it is seen from other containers, where pids
 * mean nothing. The pid file beside it only serves the message.
 */
export async function lockDataDir(folder: string, database = 'parley.db'): Promise<DataDirLock> {
  await makeDataDir(folder);
  return namingDataDir(folder, () => lock(folder, database));
}

async function lock(folder: string, database: string): Promise<DataDirLock> {
  const warnings = await closeToOthers(folder, database);
  const client = createClient({ url: pathToFileURL(join(folder, LOCK_FILE)).href, concurrency: 1 });
  // An open write transaction keeps SQLite's RESERVED lock, which one connection of all processes can have.
  const held = await client.transaction('write').catch(async (error: unknown) => {
    client.close();
    if (!isBusy(error)) throw error;
    throw new Error(
      `${folder} is in use by another Parley (${await holder(folder)}). Stop it first, or use another DATA_DIR`,
      { cause: error },
    );
  });
  const holderFile = join(folder, HOLDER_FILE);
  await writeFile(`${holderFile}.new`, `${process.pid} ${hostname()}\n`, { mode: 0o600 });
  await rename(`${holderFile}.new`, holderFile);

  let released = false;
  return {
    warnings,
    async release() {
      if (released) return;
      released = true;
      await rm(holderFile, { force: true });
      // By itself `close` leaves the lock in place until the garbage collector finds the connection.
      await held.rollback();
      client.close();
    },
  };
}

/** The database itself is the caller's: whether there is one, too. Its log holds the same rows. */
async function closeToOthers(folder: string, database: string): Promise<readonly string[]> {
  const isOurs = (name: string): boolean =>
    name.startsWith('parley.') || name.startsWith(SECRET_FILE) || name.startsWith(database);
  const file = join(folder, database);
  const found = [
    await closeDirectory(folder, isOurs),
    await makePrivate(join(folder, LOCK_FILE)),
    ...(await Promise.all(filesBeside(file).map(closeIfThere))),
  ];
  return found.flat();
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'SQLITE_BUSY';
}

/** The holder writes its pid just after taking the lock, so for a moment it may be missing. */
async function holder(folder: string): Promise<string> {
  const text = await readFile(join(folder, HOLDER_FILE), 'utf8').catch(() => '');
  const [pid, host] = text.trim().split(' ');
  if (!pid || !host) return 'which is just starting';
  return host === hostname() ? `pid ${pid}` : `pid ${pid} on ${host}`;
}
