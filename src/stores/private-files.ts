import { chmod, open, readdir, stat } from 'node:fs/promises';

/** Bits that let anybody but the owner in. */
const OTHERS = 0o077;
/** Of /tmp and its like: the directory belongs to everybody. */
const STICKY = 0o1000;

/** What a volume of its own brings along. */
const OF_THE_DISK = new Set(['lost+found']);

/**
 * Closes a file to other users of the machine, and makes it, empty, where it is not there yet. SQLite takes an empty file
 * for a new database and gives its log and journal the mode of the database. Answers a warning where it stays open.
 *
 * A file that is there is not opened: closing it again would give back every lock that this process has on it (POSIX).
 */
export async function makePrivate(path: string): Promise<readonly string[]> {
  try {
    const file = await open(path, 'wx', 0o600);
    await file.close();
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  }
  return closeToOthers(path, 0o600);
}

/** As `makePrivate`, for what may be there from before; nothing is made. */
export async function closeIfThere(path: string): Promise<readonly string[]> {
  return closeToOthers(path, 0o600);
}

/**
 * Closes a directory whose files all belong to Parley. One that others share keeps its mode, because theirs may depend on
 * it: the files of Parley in it are closed all the same.
 */
export async function closeDirectory(folder: string, isOurs: (name: string) => boolean): Promise<readonly string[]> {
  const mode = await modeOf(folder);
  if (mode === null || (mode & OTHERS) === 0) return [];
  const names = await readdir(folder);
  const isShared = (mode & STICKY) !== 0 || names.some((name) => !isOurs(name) && !OF_THE_DISK.has(name));
  if (isShared) return [`${folder} holds files that are not Parley's: other users of this machine may list it`];
  return closeToOthers(folder, 0o700);
}

/** What SQLite keeps beside a database. */
export function filesBeside(database: string): readonly string[] {
  return ['-wal', '-shm', '-journal'].map((suffix) => `${database}${suffix}`);
}

/** Some file systems know no modes, and some files belong to somebody else. */
async function closeToOthers(path: string, wanted: number): Promise<readonly string[]> {
  const before = await modeOf(path);
  if (before === null || (before & OTHERS) === 0) return [];
  const refusal = await chmod(path, wanted).then(
    () => null,
    (error: unknown) => error,
  );
  const after = await modeOf(path);
  if (after === null || (after & OTHERS) === 0) return [];
  const why = refusal instanceof Error && 'code' in refusal ? String(refusal.code) : 'the file system keeps no modes';
  return [`${path} cannot be closed to other users of this machine (${why})`];
}

/** null: not there, or the platform has no such modes. */
async function modeOf(path: string): Promise<number | null> {
  if (process.platform === 'win32') return null;
  try {
    return (await stat(path)).mode;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null;
    throw error;
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
