import { spawn, type ChildProcess, type ChildProcessByStdio, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { COMPILED_SOURCES } from '../../faults/figures.js';

export type Event = Readonly<Record<string, unknown>>;

export interface Run {
  readonly child: ChildProcess;
  /** Everything written so far, on both streams. */
  readonly output: () => string;
  /** The log so far; throws on a line that is not one JSON object. */
  readonly events: () => readonly Event[];
  /** Waits for the first event that fits, also among those already seen. */
  readonly event: (fits: (event: Event) => boolean) => Promise<Event>;
  /** The exit code, or the signal's name, once the process and its streams have ended. */
  readonly exit: () => Promise<number | string | null>;
  /** Ends the process if it still runs. */
  readonly dispose: () => Promise<void>;
}

const TSX = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** A file of the repository, or a script given as text. */
type Program = { readonly file: string; readonly args?: readonly string[] } | { readonly script: string };

/** Starts it in a directory and with an environment of its own. */
export function startProcess(
  what: Program,
  cwd: string,
  env: Readonly<Record<string, string>>,
  stdio: StdioOptions,
): ChildProcess {
  const args = 'file' in what ? fileArguments(what.file, what.args) : scriptArguments(what);
  return spawn(process.execPath, args, { cwd, env: { ...inherited(), ...env }, stdio });
}

/** Runs it and reads what it writes; with `ipc`, messages go between `child` and this process. */
export function runProcess(
  what: Program,
  cwd: string,
  env: Readonly<Record<string, string>> = {},
  options: { readonly ipc?: boolean } = {},
): Run {
  const stdio = ['ignore', 'pipe', 'pipe', ...(options.ipc === true ? (['ipc'] as const) : [])] as StdioOptions;
  const child = startProcess(what, cwd, env, stdio) as ChildProcessByStdio<null, Readable, Readable>;
  const lines: string[] = [];
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const reader = createInterface({ input: child.stdout });
  reader.on('line', (line) => lines.push(line));
  const ended = once(child, 'close');
  const events = (): readonly Event[] => lines.map((line) => JSON.parse(line) as Event);

  return {
    child,
    output: () => `${lines.join('\n')}${errors}`,
    events,
    async event(fits) {
      for (;;) {
        const found = events().find(fits);
        if (found !== undefined) return found;
        const next = await Promise.race([once(reader, 'line'), ended.then(() => null)]);
        if (next === null && events().find(fits) === undefined)
          throw new Error(`ended first: ${lines.join('\n')}${errors}`);
      }
    },
    async exit() {
      await ended;
      return child.exitCode ?? child.signalCode;
    },
    async dispose() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      await ended;
    },
  };
}

/** Compiled beforehand where the run has done so, which starts faster. */
function fileArguments(file: string, args: readonly string[] = []): readonly string[] {
  const compiled = join(process.env[COMPILED_SOURCES] ?? '', file.replace(/\.ts$/, '.js'));
  if ((process.env[COMPILED_SOURCES] ?? '') !== '' && existsSync(compiled)) return [compiled, ...args];
  return ['--import', TSX, `${ROOT}${file}`, ...args];
}

function scriptArguments({ script }: { readonly script: string }): readonly string[] {
  return ['--import', TSX, '--input-type=module', '--eval', script];
}

/**
 * No settings of the machine. Nor coverage: a child loads the sources compiled in another way than mocha does, and
 * counts of the two cannot be added up.
 */
function inherited(): Record<string, string> {
  // Set, because node hands this one on by itself where it is absent.
  return { PATH: process.env['PATH'] ?? '', NODE_V8_COVERAGE: '' };
}
