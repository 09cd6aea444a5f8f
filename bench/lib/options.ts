import { parseArgs } from 'node:util';
import type { Effort } from './rounds.js';
import type { Scale } from './scenario.js';
import { STORAGE_KINDS, type StorageKind } from './storage.js';

export const USAGE = `Measures the built server beside what the same machine does without it.

  npm run bench [-- options]

  --quick              two short rounds instead of five
  --rounds <n>         number of counted rounds
  --only <names>       scenarios, separated by commas: s0 to s7
  --sockets <n>        idle sockets of s5 (10,000, with --quick 1,000)
  --depth <n>          messages of the chat that s6 reads (100,000, with --quick 5,000)
  --rows <n>           messages among which that chat lies (1,000,000, with --quick 20,000)
  --storage <kind>     embedded, split (MariaDB + MongoDB) or both (default)
  --profile            write CPU profiles of the server beside the report; the figures suffer
  --out <file>         the JSON report (default dist/bench/<time>.json)
  --markdown <file>    measures nothing: puts the figures of a JSON report into docs/PERFORMANCE.md
`;

export interface Options {
  readonly effort: Effort;
  readonly scale: Scale;
  readonly only: readonly string[];
  readonly storages: readonly StorageKind[];
  readonly profile: boolean;
  readonly out: string;
  /** A report to write into the documentation instead of measuring. */
  readonly markdown: string | null;
}

type Amount = Pick<Options, 'effort' | 'scale'>;

const FULL: Amount = {
  // Both storages in 25 minutes, of which s3 with its nine subjects takes a fifth.
  effort: { rounds: 5, firstMs: 4_000, window: { warmMs: 300, ms: 2_500 } },
  scale: { idleSockets: 10_000, history: 100_000, rows: 1_000_000 },
};
const QUICK: Amount = {
  effort: { rounds: 2, firstMs: 3_000, window: { warmMs: 300, ms: 1_500 } },
  scale: { idleSockets: 1_000, history: 5_000, rows: 20_000 },
};

/** Throws an Error with a sentence for the user when the arguments make no sense. */
export function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      sockets: { type: 'string' },
      depth: { type: 'string' },
      rows: { type: 'string' },
      markdown: { type: 'string' },
      only: { type: 'string', default: '' },
      storage: { type: 'string', default: 'both' },
      profile: { type: 'boolean', default: false },
      out: { type: 'string' },
    },
  });
  const { effort, scale } = values.quick ? QUICK : FULL;
  return {
    effort: { ...effort, rounds: parseCount('--rounds', values.rounds, effort.rounds) },
    scale: {
      idleSockets: parseCount('--sockets', values.sockets, scale.idleSockets),
      history: parseCount('--depth', values.depth, scale.history),
      rows: parseCount('--rows', values.rows, scale.rows),
    },
    only: values.only.split(',').filter((name) => name !== ''),
    storages: parseStorage(values.storage),
    profile: values.profile,
    markdown: values.markdown ?? null,
    out: values.out ?? `dist/bench/${new Date().toISOString().replaceAll(':', '-')}.json`,
  };
}

function parseCount(name: string, text: string | undefined, normal: number): number {
  if (text === undefined) return normal;
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1) throw new Error(`${name} takes a whole number from 1`);
  return count;
}

function parseStorage(text: string): readonly StorageKind[] {
  if (text === 'both') return STORAGE_KINDS;
  const kind = STORAGE_KINDS.find((known) => known === text);
  if (kind === undefined) throw new Error('--storage takes embedded, split or both');
  return [kind];
}
