import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { quantile, sortedCopy } from './stats.js';

/** The machine a report was made on. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly kernel: string;
  readonly node: string;
  /** Before the first measurement; above half a core, something else was running. */
  readonly loadBefore: number;
  /** Milliseconds that a 4 KiB append and its fdatasync take where the data sets lie. */
  readonly fdatasync: { readonly p50: number; readonly p99: number };
}

const SYNCS = 200;

/** Looks at the machine; `folder` is where the data sets will lie. Takes a fraction of a second. */
export function describeMachine(folder: string): Machine {
  const processors = cpus();
  return {
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.version,
    loadBefore: loadavg()[0] ?? 0,
    fdatasync: probeDisk(join(folder, 'fdatasync-probe')),
  };
}

function probeDisk(path: string): Machine['fdatasync'] {
  const block = Buffer.alloc(4_096, 1);
  const file = openSync(path, 'w');
  try {
    const times: number[] = [];
    for (let round = 0; round < SYNCS; round += 1) {
      const start = performance.now();
      writeSync(file, block);
      fdatasyncSync(file);
      times.push(performance.now() - start);
    }
    const sorted = sortedCopy(times);
    return { p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99) };
  } finally {
    closeSync(file);
    rmSync(path);
  }
}
