import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Clock ticks and pages are what the kernel counts in; both are constants of the running machine. */
const TICK_MICROS = 1_000_000 / systemConstant('CLK_TCK');
const PAGE_BYTES = systemConstant('PAGESIZE');

/** CPU time in microseconds, user and system, of all threads of a process so far. Exact to one clock tick (10 ms). */
export function cpuMicros(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // The second field is the program's name and may hold blanks and brackets: fields are counted from its end.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MICROS;
}

/** Resident memory of a process in bytes. */
export function residentBytes(pid: number): number {
  const pages = readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ')[1];
  return Number(pages) * PAGE_BYTES;
}

/** Microseconds of CPU that this process has used so far, to the microsecond. */
export function ownCpuMicros(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

function systemConstant(name: string): number {
  return Number(execFileSync('getconf', [name], { encoding: 'utf8' }));
}
