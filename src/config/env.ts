import { lstatSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseEnvFile, type EnvFile } from './env-file.js';
import type { Environment } from './reader.js';

export interface ReadEnvironment {
  readonly env: Environment;
  /** Lines of the `.env` file that were left out. */
  readonly junk: EnvFile['junk'];
  /** Lines of it that count and give other than they seem to. */
  readonly surprises: EnvFile['surprises'];
  /** Names that the file alone sets. */
  readonly fileNames: readonly string[];
}

/**
 * The environment of the process, with what a `.env` file in the directory adds to it. A real variable wins over the
 * file, also when it is set to nothing. Throws, naming the file, when it exists and cannot be read.
 */
export function readEnvironment(directory: string = process.cwd()): ReadEnvironment {
  const { values, junk, surprises } = readEnvFile(resolve(directory, '.env'));
  const counts = (name: string): boolean => process.env[name] === undefined;
  return {
    env: { ...values, ...process.env },
    junk,
    surprises: surprises.filter(({ name }) => counts(name)),
    fileNames: Object.keys(values).filter(counts),
  };
}

function readEnvFile(path: string): EnvFile {
  try {
    return parseEnvFile(readFileSync(path, 'utf8'));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    if (code === 'EISDIR') throw new Error(`.env is a directory and not a file of settings: ${path}`, { cause: error });
    if (code !== 'ENOENT') throw new Error(`.env cannot be read (${code}): ${path}`, { cause: error });
    // A start without the settings that the link was made for would make an embedded database.
    if (isLink(path)) throw new Error(`.env is a link to what does not exist: ${path}`, { cause: error });
    return { values: {}, junk: [], surprises: [] };
  }
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
}

/** Bytes of all request headers for uWebSockets.js, which reads its limit from the environment when it is loaded. */
export function setNativeHeaderLimit(bytes: number): void {
  process.env['UWS_HTTP_MAX_HEADERS_SIZE'] = String(bytes);
}
