import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseEnv } from 'node:util';
import type { Environment } from './reader.js';

/**
 * The environment of the process, with what a `.env` file in the directory adds to it. A real variable wins over the
 * file, also when it is set to nothing. Throws when the file exists and cannot be read.
 */
export function readEnvironment(directory: string = process.cwd()): Environment {
  return { ...readEnvFile(resolve(directory, '.env')), ...process.env };
}

function readEnvFile(path: string): Environment {
  try {
    return parseEnv(readFileSync(path, 'utf8'));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {};
    throw error;
  }
}

/** Bytes of all request headers for uWebSockets.js, which reads its limit from the environment when it is loaded. */
export function setNativeHeaderLimit(bytes: number): void {
  process.env['UWS_HTTP_MAX_HEADERS_SIZE'] = String(bytes);
}
