import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { check } from './checks.js';
import type { Json } from './clients.js';
import { walk } from './walk.js';

/** The built server to run; by default this repository's, by the Node that is in the path. */
export interface Program {
  readonly node?: string;
  /** The folder that has `dist` and `node_modules`. */
  readonly folder?: string;
}

export interface Running {
  readonly url: string;
  readonly process: ChildProcess;
  /** The start's own facts: listener, storage, version. */
  readonly facts: Json;
  /** Everything logged up to then. */
  readonly log: readonly Json[];
}

/** The built server as `npm start` runs it, on any free port; its JSON log says which. */
async function startServer({ node = 'node', folder = '.' }: Program, env: Record<string, string>): Promise<Running> {
  const child = spawn(node, ['dist/src/main.js'], {
    cwd: folder,
    env: { PATH: process.env['PATH'] ?? '', HOST: '127.0.0.1', PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const log: Json[] = [];
  const lines = createInterface({ input: child.stdout });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`the server ended before it listened: ${JSON.stringify(log)}`)));
    // Read to the end of its life: a full pipe would hold it up.
    lines.on('line', (line) => {
      const event = JSON.parse(line) as Json;
      log.push(event);
      if (typeof event['url'] === 'string') resolve({ url: event['url'], process: child, facts: event, log: [...log] });
    });
  });
}

/** Starts the server on storage of its own, walks through it, and removes what it has left. */
export async function driveOn(
  title: string,
  env: Record<string, string>,
  program: Program = {},
  look: (running: Running) => void = () => undefined,
): Promise<void> {
  console.log(title);
  const dataDir = await mkdtemp(join(tmpdir(), 'parley-drive-'));
  let server: Running | null = null;
  try {
    server = await startServer(program, { DATA_DIR: dataDir, ...env });
    look(server);
    await walk(server.url, server.process);
  } catch (error) {
    check(`${title} runs to the end`, false, String(error));
  } finally {
    if (server !== null && server.process.exitCode === null) server.process.kill('SIGKILL');
    await rm(dataDir, { recursive: true, force: true });
  }
}
