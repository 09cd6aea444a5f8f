import { lstat, mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Makes the directory and those above it, for the owner alone. Rejects with one line that names DATA_DIR.
 *
 * Step by step, because Node's own recursive `mkdir` never comes to its end below a directory such as /proc, which is there
 * and takes no entries.
 */
export function makeDataDir(folder: string): Promise<void> {
  return namingDataDir(folder, () => make(folder, folder));
}

/** What stands in the way says which file it is about, but not by which setting Parley came there. */
export async function namingDataDir<T>(folder: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Error) || error.message.includes('DATA_DIR')) throw error;
    throw refusal(folder, 'syscall' in error ? error.message : 'it takes no lock of SQLite', error);
  }
}

async function make(place: string, folder: string): Promise<void> {
  if (await isDirectory(place, folder)) return;
  const parent = dirname(place);
  if (parent !== place) await make(parent, folder);
  try {
    await mkdir(place, { mode: 0o700 });
  } catch (error) {
    // Another process may have made it meanwhile.
    if (codeOf(error) === 'EEXIST' && (await isDirectory(place, folder))) return;
    if (codeOf(error) === 'ENOENT') throw refusal(folder, `${parent} takes no new directory`, error);
    throw error;
  }
}

/** False: nothing is there. */
async function isDirectory(place: string, folder: string): Promise<boolean> {
  try {
    if ((await stat(place)).isDirectory()) return true;
  } catch (error) {
    if (codeOf(error) === 'ENOTDIR') throw refusal(folder, `a part of ${place} is not a directory`, error);
    if (codeOf(error) !== 'ENOENT') throw error;
    if (await isThere(place)) throw refusal(folder, `${place} is a link to what does not exist`, error);
    return false;
  }
  throw refusal(folder, `${place} is not a directory`);
}

function refusal(folder: string, why: string, cause?: unknown): Error {
  return new Error(`DATA_DIR ${folder} cannot be used: ${why}`, { cause });
}

async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
