import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** The build that is measured: `dist`, or the folder named in PARLEY_BENCH_DIST to compare one build with another. */
export const DIST = resolve(process.env['PARLEY_BENCH_DIST'] ?? fileURLToPath(new URL('../../dist', import.meta.url)));

/** Path of a built module, such as `src/main.js`. */
export function builtPath(module: string): string {
  return resolve(DIST, module);
}

/** The same as something to import. */
export function builtUrl(module: string): string {
  return pathToFileURL(builtPath(module)).href;
}
