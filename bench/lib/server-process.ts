import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GiveUp, waitUntil } from '../../test/helpers/servers/wait-until.js';
import type { Endpoint } from './web-socket.js';

const START_DEADLINE_MS = 60_000;
const STOP_DEADLINE_MS = 15_000;
const LOG_TAIL_CHARS = 2_000;

/** A server in a process of its own, on any free port of 127.0.0.1. */
export interface ServerProcess {
  readonly endpoint: Endpoint;
  readonly pid: number;
  /** Port of the inspector, where it was asked for. */
  readonly inspectorPort: number | null;
  /** SIGTERM; resolves when the process is gone, an exit code other than 0 is an error. */
  stop(): Promise<void>;
}

export interface LaunchOptions {
  readonly name: string;
  /** Arguments of node: the script and its own. */
  readonly script: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Folder for the log; also the working directory, so that no `.env` of a developer is read. */
  readonly folder: string;
  /** Opens the inspector, which costs nothing until something connects. */
  readonly inspect?: boolean;
}

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/**
 * Starts a script with node and waits for the line of its JSON log that has a `url`. The log goes to a file: a pipe
 * would make this process, the load client, read every line of it.
 */
export async function launch({ name, script, env, folder, inspect = false }: LaunchOptions): Promise<ServerProcess> {
  const logFile = join(folder, `${name}.log`);
  const log = openSync(logFile, 'w');
  const child = spawn(process.execPath, [...(inspect ? ['--inspect=127.0.0.1:0'] : []), ...script], {
    stdio: ['ignore', log, log],
    env: { PATH: process.env['PATH'] ?? '', HOST: '127.0.0.1', PORT: '0', ...env },
    cwd: folder,
  });
  closeSync(log);
  running.add(child);
  child.once('exit', () => running.delete(child));
  const readLog = (): string => readFileSync(logFile, 'utf8');
  const port = await waitUntil(async () => portOf(child, readLog()), {
    what: `${name} listens`,
    deadlineMs: START_DEADLINE_MS,
  }).catch((error: unknown) => {
    child.kill('SIGKILL');
    throw new Error(`${name} did not start: ${String(error)}\n${readLog().slice(-LOG_TAIL_CHARS)}`, { cause: error });
  });
  return {
    endpoint: { host: '127.0.0.1', port },
    pid: child.pid ?? 0,
    inspectorPort: inspect ? Number(/^Debugger listening on ws:\/\/[^:]+:(\d+)/m.exec(readLog())?.[1]) : null,
    stop: () => end(child, name, readLog),
  };
}

function portOf(child: ChildProcess, log: string): Promise<number> {
  if (child.exitCode !== null) throw new GiveUp(`ended with exit code ${child.exitCode}`);
  const port = /"url":"[^"]*:(\d+)/.exec(log)?.[1];
  return port === undefined ? Promise.reject(new Error('not yet')) : Promise.resolve(Number(port));
}

async function end(child: ChildProcess, name: string, readLog: () => string): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const gone = once(child, 'exit');
    const cut = setTimeout(() => child.kill('SIGKILL'), STOP_DEADLINE_MS);
    child.kill('SIGTERM');
    await gone;
    clearTimeout(cut);
  }
  if (child.exitCode !== 0) {
    throw new Error(`${name} ended with ${child.exitCode ?? child.signalCode}\n${readLog().slice(-LOG_TAIL_CHARS)}`);
  }
}
