import { readFileSync } from 'node:fs';
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
 * file, also when it is set to nothing. Throws when the file exists and cannot be read.
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
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
      return { values: {}, junk: [], surprises: [] };
    throw error;
  }
}

/** Bytes of all request headers for uWebSockets.js, which reads its limit from the environment when it is loaded. */
export function setNativeHeaderLimit(bytes: number): void {
  process.env['UWS_HTTP_MAX_HEADERS_SIZE'] = String(bytes);
}
