import { cpuMicros, ownCpuMicros } from './process-usage.js';
import { quantile, sortedCopy } from './stats.js';

/** One closed-loop worker: starts an operation and calls back when it is complete, with the error if it failed. */
export interface Lane {
  begin(done: (error?: Error) => void): void;
}

export interface MeasureOptions {
  readonly lanes: readonly Lane[];
  /** Runs before counting starts. */
  readonly warmMs: number;
  /** Length of the counted window. */
  readonly ms: number;
  /** Processes whose CPU time is counted over the window, by name. */
  readonly pids?: Readonly<Record<string, number>>;
  /** How many units one operation stands for (rows of a batch). */
  readonly weight?: number;
}

/** What one window measured. */
export interface Sample {
  readonly operations: number;
  readonly seconds: number;
  readonly perSecond: number;
  /** Milliseconds an operation took. */
  readonly latency: { readonly p50: number; readonly p99: number };
  /** Microseconds of CPU per operation of every process named. */
  readonly cpu: Readonly<Record<string, number>>;
  /** Share of one core that this process, the load client, used. */
  readonly clientShare: number;
}

/** After this long without any completed operation a run is given up, so that a hang is an error with a reason. */
const STALL_MS = 30_000;

/**
 * Keeps every lane busy with one operation at a time, and counts what completes within the window. The first error of
 * any lane rejects. Resolves when every lane is idle again.
 */
export function measure(options: MeasureOptions): Promise<Sample> {
  const { lanes, warmMs, ms, pids = {}, weight = 1 } = options;
  return new Promise((resolve, reject) => {
    const latencies: number[] = [];
    let completed = 0;
    let counting = false;
    let stopping = false;
    let busy = lanes.length;
    let sample: Omit<Sample, 'latency'> | null = null;
    let lastProgress = 0;

    const watchdog = setInterval(() => {
      if (completed === lastProgress) fail(new Error(`no operation completed for ${STALL_MS} ms`));
      lastProgress = completed;
    }, STALL_MS);
    const warmed = setTimeout(() => startWindow(), warmMs);
    let ended: NodeJS.Timeout | undefined;

    function fail(error: Error): void {
      stopTimers();
      stopping = true;
      reject(error);
    }

    function stopTimers(): void {
      clearInterval(watchdog);
      clearTimeout(warmed);
      clearTimeout(ended);
    }

    function startWindow(): void {
      const startedAt = performance.now();
      const startedWith = completed;
      const before = usage(pids);
      counting = true;
      ended = setTimeout(() => {
        const seconds = (performance.now() - startedAt) / 1_000;
        const operations = (completed - startedWith) * weight;
        sample = summarizeWindow(operations, seconds, before, usage(pids));
        counting = false;
        stopping = true;
      }, ms);
    }

    function finish(): void {
      stopTimers();
      if (sample === null || sample.operations === 0) {
        reject(new Error('no operation completed within the window'));
        return;
      }
      const sorted = sortedCopy(latencies);
      resolve({ ...sample, latency: { p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99) } });
    }

    function run(lane: Lane): void {
      const startedAt = performance.now();
      lane.begin((error) => {
        if (error !== undefined) {
          fail(error);
          return;
        }
        completed += 1;
        if (counting) latencies.push(performance.now() - startedAt);
        if (!stopping) run(lane);
        else if ((busy -= 1) === 0) finish();
      });
    }

    for (const lane of lanes) run(lane);
  });
}

type Usage = Readonly<Record<string, number>>;

function usage(pids: Readonly<Record<string, number>>): Usage {
  const used: Record<string, number> = { client: ownCpuMicros() };
  for (const [name, pid] of Object.entries(pids)) used[name] = cpuMicros(pid);
  return used;
}

function summarizeWindow(operations: number, seconds: number, before: Usage, after: Usage): Omit<Sample, 'latency'> {
  const cpu: Record<string, number> = {};
  for (const [name, end] of Object.entries(after)) cpu[name] = (end - (before[name] ?? 0)) / operations;
  const client = (after['client'] ?? 0) - (before['client'] ?? 0);
  return { operations, seconds, perSecond: operations / seconds, cpu, clientShare: client / (seconds * 1_000_000) };
}

/** A lane from a function that answers a promise. Gives the event loop a turn, which synchronous drivers never do. */
export function promiseLane(operation: () => Promise<unknown>): Lane {
  return {
    begin(done) {
      operation().then(
        () => setImmediate(done),
        (error: unknown) => done(error instanceof Error ? error : new Error(String(error))),
      );
    },
  };
}
