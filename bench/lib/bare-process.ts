import { fileURLToPath } from 'node:url';
import { DIST } from './dist.js';
import { launch, type ServerProcess } from './server-process.js';

const SCRIPTS = { listener: './bare-listener.ts', uws: './bare-uws.ts' } as const;

/** Starts one of the servers that do nothing: the limits the real one is compared with. */
export function startBare(name: keyof typeof SCRIPTS, folder: string, inspect = false): Promise<ServerProcess> {
  const script = fileURLToPath(new URL(SCRIPTS[name], import.meta.url));
  // Resolved from here, because the working directory of the process is a temporary folder.
  const loader = import.meta.resolve('tsx');
  return launch({
    name: `bare-${name}`,
    script: ['--import', loader, script],
    env: { PARLEY_BENCH_DIST: DIST },
    folder,
    inspect,
  });
}
