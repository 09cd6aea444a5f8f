import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findBinary } from './find-binary.js';
import { GiveUp, waitUntil } from './wait-until.js';

const run = promisify(execFile);

// MySQL 9.7 needs about 2 s on two idle cores; a loaded machine may need many times that.
const START_DEADLINE_MS = 60_000;
const SHUTDOWN_DEADLINE_MS = 30_000;
const LOG_TAIL_CHARS = 2_000;

const alive = new Set<ServerProcess>();

// Timers and promises do not run any more here: only synchronous calls end the children.
process.on('exit', () => {
  for (const server of alive) server.killNow();
  for (const server of alive) server.removeFolder();
});

export interface ServerProcessOptions {
  /** For messages and for the name of the temporary folder. */
  name: string;
  /** Where the temporary folder is made; the system's own place by default. */
  parent?: string;
  /** Resolves once a real client gets an answer from the server. */
  ping: () => Promise<void>;
}

/** One server process at a time over one temporary folder, which holds its data and its log. */
export class ServerProcess {
  readonly folder: string;
  private child: ChildProcess | undefined;
  private stopped = false;

  constructor(private readonly options: ServerProcessOptions) {
    this.folder = mkdtempSync(join(options.parent ?? tmpdir(), `parley-${options.name}-`));
    alive.add(this);
  }

  get pid(): number {
    const pid = this.child?.pid;
    if (pid === undefined || !this.isRunning()) throw new Error(`${this.options.name} is not running`);
    return pid;
  }

  isRunning(): boolean {
    return this.child !== undefined && this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Runs a program that prepares the data folder, to its end. */
  async prepare(command: string[]): Promise<void> {
    const [program = '', ...args] = command;
    try {
      await run(program, args);
    } catch (error) {
      const output = String((error as { stderr?: string }).stderr ?? '').slice(-LOG_TAIL_CHARS);
      throw new Error(`${this.options.name}: ${program} failed: ${output}`, { cause: error });
    }
  }

  /** Starts the server and resolves when it answers; if it does not, its log's end is in the error. */
  async start(command: string[]): Promise<void> {
    if (this.stopped) throw new Error(`${this.options.name} is stopped and its data removed`);
    const [program = '', ...args] = withParentDeathSignal(command);
    const log = openSync(join(this.folder, 'server.log'), 'a');
    const child = spawn(program, args, { stdio: ['ignore', log, log] });
    closeSync(log);
    this.child = child;
    // A forgotten stop() must not keep the test run from ending; the exit handler ends the server then.
    child.unref();
    const failed = new Promise<never>((_resolve, reject) => child.once('error', reject));
    const ready = waitUntil(() => this.attempt(child), {
      what: `${this.options.name} accepts connections`,
      deadlineMs: START_DEADLINE_MS,
    });
    try {
      await Promise.race([ready, failed]);
    } catch (error) {
      const tail = readFileSync(join(this.folder, 'server.log'), 'utf8').slice(-LOG_TAIL_CHARS);
      await this.kill('SIGKILL');
      throw new Error(`${this.options.name} did not start: ${String(error)}\n${tail}`, { cause: error });
    }
  }

  /** Sends the signal and resolves when the process is gone; a shutdown that hangs is cut with SIGKILL. */
  async kill(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const child = this.child;
    if (child?.pid === undefined || !this.isRunning()) return;
    child.ref();
    const gone = once(child, 'exit');
    child.kill(signal);
    const cut = setTimeout(() => child.kill('SIGKILL'), SHUTDOWN_DEADLINE_MS);
    await gone;
    clearTimeout(cut);
  }

  /** Ends the process and removes the folder. The data is worthless by then, so no clean shutdown is waited for. */
  async stop(): Promise<void> {
    if (this.stopped) return;
    this.stopped = true;
    await this.kill('SIGKILL');
    this.removeFolder();
    alive.delete(this);
  }

  /** Sends SIGKILL without waiting for the end. */
  killNow(): void {
    if (this.isRunning()) this.child?.kill('SIGKILL');
  }

  /** Removes data and log. Tries again while a process that is just being killed still adds files. */
  removeFolder(): void {
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 10 });
  }

  private async attempt(child: ChildProcess): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new GiveUp(`ended with ${child.signalCode ?? `exit code ${child.exitCode}`}`);
    }
    await this.options.ping();
  }
}

/** Has the kernel kill the server if this process dies without running its exit handler (SIGKILL, out of memory). */
function withParentDeathSignal(command: string[]): string[] {
  const setpriv = findBinary('setpriv');
  return setpriv === undefined ? command : [setpriv, '--pdeathsig', 'KILL', ...command];
}
