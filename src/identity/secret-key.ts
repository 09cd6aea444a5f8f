import { randomBytes } from 'node:crypto';
import { chmod, link, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

const FILE = 'secret-key';
const KEY_BYTES = 48;
const MIN_LENGTH = 32;

/**
 * The key that signs tokens: the configured one, else the one kept in the data directory, made at first need.
 * Two processes that make it at once end up with the same key.
 */
export async function resolveSecretKey(configured: string | null, dataDir: string): Promise<string> {
  if (configured !== null) return configured;
  const path = join(dataDir, FILE);
  return (await readKey(path)) ?? (await makeKey(dataDir, path));
}

async function readKey(path: string): Promise<string | null> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return null;
    throw new Error(`The secret key in DATA_DIR, ${path}, cannot be read`, { cause: error });
  });
  if (text === null) return null;
  const key = text.trim();
  if (key.length < MIN_LENGTH) {
    throw new Error(`The secret key in ${path} is damaged. Restore it, or delete it: everybody has to log in again.`);
  }
  await closeToOthers(path);
  return key;
}

/** Copying a data directory around easily loses its modes, and whoever reads the key can be anybody. */
async function closeToOthers(path: string): Promise<void> {
  const { mode } = await stat(path);
  if ((mode & 0o077) !== 0 && process.platform !== 'win32') await chmod(path, 0o600);
}

/** Written aside and linked into place: a crash leaves no half key, and the first of two writers wins. */
async function makeKey(dataDir: string, path: string): Promise<string> {
  await mkdir(dataDir, { mode: 0o700 }).catch((error: unknown) => {
    if (!hasCode(error, 'EEXIST')) throw error;
  });
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  const file = await open(draft, 'wx', 0o600);
  try {
    await file.writeFile(`${randomBytes(KEY_BYTES).toString('base64url')}\n`);
    await file.sync();
    await publish(draft, path);
  } finally {
    await file.close();
    await rm(draft, { force: true });
  }
  const key = await readKey(path);
  if (key === null) throw new Error(`The secret key in ${path} vanished while it was being made.`);
  return key;
}

async function publish(draft: string, path: string): Promise<void> {
  try {
    await link(draft, path);
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return;
    // Some mounted file systems know no hard links; there the lock on the data directory keeps others away.
    if (!hasCode(error, 'EPERM', 'ENOTSUP', 'ENOSYS')) throw error;
    await rename(draft, path);
  }
}

function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.some((code) => code === error.code);
}
