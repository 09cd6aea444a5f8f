import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { freshStorage, TEST_ENVIRONMENT, type FreshStorage } from '../../helpers/app.js';
import { TestClient } from '../../helpers/client.js';
import { GiveUp, waitUntil } from '../../helpers/servers/wait-until.js';
import { dropSockets } from '../../helpers/ws-client.js';
import { runProcess, type Run } from '../../integration/process/run.js';
import type { Held } from '../held.js';
import {
  JOURNAL,
  ORPHAN_AFTER_MS,
  type Done,
  type Fault,
  type FaultAction,
  type JournalLine,
  type Order,
  type Place,
} from './orders.js';

type OrderBody = Order extends infer O ? (O extends Order ? Omit<O, 'id'> : never) : never;

/** Loading the sources takes about 1 s on an idle machine; with many others on it, many times that. */
const PATIENCE_MS = 60_000;

export interface FaultOptions {
  readonly nth?: number;
  readonly delayMs?: number;
  readonly skipMs?: number;
}

export interface FaultServerOptions {
  /** Settings over the ones for tests. */
  readonly env?: Readonly<Record<string, string>>;
  /** Instead of a fresh one of the kind that the run is about; removed with `dispose`. */
  readonly storage?: FreshStorage;
  /** From which age on the order `sweep` takes an unnamed body; the product's ten minutes where not given. */
  readonly orphanAfterMs?: number;
}

/** A server process with failpoints to arm, which can be ended in any way and started again on the same data. */
export class FaultServer {
  #storage: FreshStorage | null;
  #run: Run | null = null;
  #orders = 0;
  readonly #waiting = new Map<number, (answer: Done | null) => void>();
  #client: TestClient | null = null;
  /** Not beside the data, whose disk may be full. */
  readonly #journal = join(mkdtempSync(join(tmpdir(), 'parley-journal-')), 'failpoints.jsonl');
  readonly #env: Readonly<Record<string, string>>;

  constructor(options: FaultServerOptions = {}) {
    const { env, storage, orphanAfterMs } = options;
    this.#env = { ...(orphanAfterMs === undefined ? {} : { [ORPHAN_AFTER_MS]: String(orphanAfterMs) }), ...env };
    this.#storage = storage ?? null;
  }

  get pid(): number {
    const pid = this.#run?.child.pid;
    if (pid === undefined) throw new Error('the server was not started');
    return pid;
  }

  /** The settings that name its storage. */
  get storage(): Readonly<Record<string, string>> {
    return this.#storage?.env ?? {};
  }

  /** Talks to the present run. */
  get client(): TestClient {
    if (this.#client === null) throw new Error('the server was not started');
    return this.#client;
  }

  async start(): Promise<TestClient> {
    this.#storage ??= await freshStorage();
    const env = { ...TEST_ENVIRONMENT, LOG_LEVEL: 'info', ...this.#storage.env, ...this.#env };
    const directory = this.#storage.env['DATA_DIR'] ?? '.';
    this.#run = runProcess(
      { file: 'test/faults/crash/server.ts' },
      directory,
      { ...env, [JOURNAL]: this.#journal },
      { ipc: true },
    );
    this.#listen(this.#run);
    const { url } = await this.#run.event((event) => typeof event['url'] === 'string');
    this.#client = new TestClient(String(url));
    return this.#client;
  }

  /** Has the fault strike at the next hit, or the nth one from now on. */
  async arm(name: Place, action: FaultAction, options: FaultOptions = {}): Promise<Armed> {
    const fault: Fault = { name, action, nth: 1, delayMs: 100, skipMs: 0, ...options };
    const before = this.#lines().length;
    const met = (): readonly JournalLine[] =>
      this.#lines()
        .slice(before)
        .filter(({ hit }) => hit === name);
    const hasStruck = (): boolean => met().some(({ strikes }) => strikes !== undefined);
    await this.order({ kind: 'arm', fault });
    return {
      struck: () => this.#until(hasStruck, `${action} at ${name}`),
      hasStruck,
      met: () => met().map(({ text }) => text ?? name),
      stopped: () => this.#until(() => processState(this.pid) === 'T', `a stop at ${name}`),
    };
  }

  disarm(): Promise<void> {
    return this.order({ kind: 'disarm' });
  }

  /** Resolves once the server has carried it out. */
  async order(body: OrderBody): Promise<void> {
    await this.#ask(body);
  }

  /** What the present run holds now. */
  async held(): Promise<Held> {
    const { held } = await this.#ask({ kind: 'look' });
    if (held === undefined) throw new Error('the server did not look');
    return held;
  }

  async #ask(body: OrderBody): Promise<Done> {
    const child = this.#run?.child;
    if (child === undefined) throw new Error('the server was not started');
    this.#orders += 1;
    const id = this.#orders;
    const answer = await new Promise<Done | null>((resolve) => {
      this.#waiting.set(id, resolve);
      child.send({ id, ...body });
    });
    if (answer === null) throw new Error(`the server ended during an order: ${this.output()}`);
    if (answer.failed !== undefined) throw new Error(answer.failed);
    return answer;
  }

  /** Every place that was hit, over all runs on this data, in order. */
  hits(): readonly Place[] {
    return this.#lines().map((line) => line.hit);
  }

  /** Goes on behind a stop. */
  resume(): void {
    process.kill(this.pid, 'SIGCONT');
  }

  signal(signal: NodeJS.Signals): void {
    process.kill(this.pid, signal);
  }

  /** Sends the signal and answers the exit code, or the signal that ended it. */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | string | null> {
    this.#run?.child.kill(signal);
    return this.ended();
  }

  async ended(): Promise<number | string | null> {
    return (await this.#run?.exit()) ?? null;
  }

  /** Waits until the present run has logged the message. */
  async said(message: string): Promise<void> {
    await this.#run?.event((event) => event['msg'] === message);
  }

  /** All that the present run has written. */
  output(): string {
    return this.#run?.output() ?? '';
  }

  async dispose(): Promise<void> {
    dropSockets();
    await this.#run?.dispose();
    await this.#storage?.remove();
    rmSync(dirname(this.#journal), { recursive: true, force: true });
  }

  #listen({ child }: Run): void {
    child.on('message', (answer: Done) => {
      this.#waiting.get(answer.done)?.(answer);
      this.#waiting.delete(answer.done);
    });
    child.once('exit', () => {
      for (const resolve of this.#waiting.values()) resolve(null);
      this.#waiting.clear();
    });
  }

  #until(condition: () => boolean, what: string): Promise<void> {
    const attempt = (): Promise<void> => {
      if (condition()) return Promise.resolve();
      const ended = this.#run?.child.exitCode ?? null;
      return Promise.reject(ended === null ? new Error('not yet') : new GiveUp(`the server ended: ${this.output()}`));
    };
    return waitUntil(attempt, { what, deadlineMs: PATIENCE_MS, everyMs: 5 });
  }

  #lines(): readonly JournalLine[] {
    if (!existsSync(this.#journal)) return [];
    const lines = readFileSync(this.#journal, 'utf8').split('\n');
    // What follows the last line feed is half a line, or nothing.
    return lines.slice(0, -1).map((line) => JSON.parse(line) as JournalLine);
  }
}

export interface Armed {
  /** Resolves when the fault has struck. */
  struck(): Promise<void>;
  hasStruck(): boolean;
  /** Every hit of the place since, the one that struck included; statements by their text. */
  met(): readonly string[];
  /** Resolves when the process stands still. */
  stopped(): Promise<void>;
}

/** `T` for a stopped process, as proc(5) says; null where there is none. */
function processState(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2)[0] ?? null;
  } catch {
    return null;
  }
}
