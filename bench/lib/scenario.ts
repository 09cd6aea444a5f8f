import type { Figure } from './figure.js';
import type { Effort } from './rounds.js';
import type { Storage } from './storage.js';

/** How much of everything. */
export interface Scale {
  /** Sockets of the idle scenario. */
  readonly idleSockets: number;
  /** Messages in the chat whose history is read. */
  readonly history: number;
  /** Messages in the data set, those of that chat among them. */
  readonly rows: number;
}

/** What a scenario works with. Everything it starts it ends; data sets and folders are removed after the run. */
export interface Bench {
  readonly storage: Storage;
  readonly effort: Effort;
  readonly scale: Scale;
  /** A folder for logs of servers that have no data set. */
  readonly folder: string;
  /** Wraps one measurement on a server; with `--profile` it writes a CPU profile named after it. */
  readonly profiled: <T>(name: string, inspectorPort: number | null, run: () => Promise<T>) => Promise<T>;
  /** True when servers under test are to be started with an inspector. */
  readonly profiling: boolean;
  /** One line of progress. */
  readonly say: (line: string) => void;
}

/** One file of ../scenarios: what it measures on one storage, as lines of the report. */
export interface Scenario {
  /** As on the command line, such as `s1`. */
  readonly name: string;
  readonly title: string;
  /** False: nothing is stored, so that it runs once, whatever the storages. */
  readonly perStorage: boolean;
  run(bench: Bench): Promise<readonly Figure[]>;
}
