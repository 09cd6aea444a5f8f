import { appendFileSync, readFileSync } from 'node:fs';
import type { Asked, CallLine, Confirmed, Entry, Operation } from './entries.js';

/** The answer to one operation, as far as the client can know. */
export type Outcome<O extends Operation> =
  ({ readonly phase: 'ok' } & Confirmed[O]) | { readonly phase: 'fail' | 'info'; readonly code: string | null };

/** Milliseconds of the machine's clock, with fractions; equal in all processes of a run. */
export function timestamp(): number {
  return performance.timeOrigin + performance.now();
}

/** All lines of one process, in memory and, with `file`, on disk at once: a killed client has written what it knew. */
export class History {
  readonly entries: Entry[] = [];
  private calls = 0;

  constructor(
    private readonly file: string | null = null,
    readonly now: () => number = timestamp,
  ) {}

  add(entry: Entry): void {
    this.entries.push(entry);
    if (this.file !== null) appendFileSync(this.file, `${JSON.stringify(entry)}\n`);
  }

  /** Writes an operation down from question to answer. What `run` throws is no answer. */
  async call<O extends Operation>(
    who: { readonly client: string; readonly user: number },
    op: O,
    asked: Asked[O],
    run: () => Promise<Outcome<O>>,
  ): Promise<Outcome<O>> {
    this.calls += 1;
    const id = { client: who.client, op, call: this.calls };
    this.add({ ...asked, ...id, t: this.now(), user: who.user, phase: 'invoke' } as unknown as CallLine);
    const outcome = await run().catch((): Outcome<O> => ({ phase: 'info', code: null }));
    this.add({ ...outcome, ...id, t: this.now() } as unknown as CallLine);
    return outcome;
  }

  /** From here on nothing is written and no fault is active: who is connected has everything. */
  quiet(): void {
    this.add({ t: this.now(), client: 'run', op: 'quiet', phase: 'ok' });
  }
}

/** Reads what other processes wrote. A last line that a kill cut in half was never said. */
export function readHistory(...files: readonly string[]): Entry[] {
  return files.flatMap((file) => {
    const lines = readFileSync(file, 'utf8').split('\n');
    return lines.slice(0, -1).map((line) => JSON.parse(line) as Entry);
  });
}

/** Codes that say nothing about whether it happened. `unavailable` and its like promise that it did not. */
const UNKNOWN = new Set(['indeterminate', 'internal', 'request_timeout']);

/** The phase of a refusal by its code; an answer without a code came from nobody who knows. */
export function refused(code: string | null): { readonly phase: 'fail' | 'info'; readonly code: string | null } {
  return { phase: code === null || UNKNOWN.has(code) ? 'info' : 'fail', code };
}
