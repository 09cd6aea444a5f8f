import { parseArgs } from 'node:util';
import type { Effort } from './rounds.js';
import type { Scale } from './scenario.js';
import { STORAGE_KINDS, type StorageKind } from './storage.js';

export const USAGE = `Measures the built server beside what the same machine does without it.

  npm run bench [-- options]

  --quick              two short rounds instead of five
  --rounds <n>         number of counted rounds
  --only <names>       scenarios, separated by commas: s0 to s7
  --storage <kind>     embedded, split (MariaDB + MongoDB) or both (default)
  --profile            write CPU profiles of the server beside the report; the figures suffer
  --out <file>         the JSON report (default dist/bench/<time>.json)
`;

export interface Options {
  readonly effort: Effort;
  readonly scale: Scale;
  readonly only: readonly string[];
  readonly storages: readonly StorageKind[];
  readonly profile: boolean;
  readonly out: string;
}

type Amount = Pick<Options, 'effort' | 'scale'>;

const FULL: Amount = {
  effort: { rounds: 5, firstMs: 8_000, window: { warmMs: 500, ms: 4_000 } },
  scale: { idleSockets: 2_000, history: 10_000 },
};
const QUICK: Amount = {
  effort: { rounds: 2, firstMs: 4_000, window: { warmMs: 300, ms: 1_500 } },
  scale: { idleSockets: 1_000, history: 2_000 },
};

/** Throws an Error with a sentence for the user when the arguments make no sense. */
export function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      only: { type: 'string', default: '' },
      storage: { type: 'string', default: 'both' },
      profile: { type: 'boolean', default: false },
      out: { type: 'string' },
    },
  });
  const { effort, scale } = values.quick ? QUICK : FULL;
  return {
    effort: values.rounds === undefined ? effort : { ...effort, rounds: parseRounds(values.rounds) },
    scale,
    only: values.only.split(',').filter((name) => name !== ''),
    storages: parseStorage(values.storage),
    profile: values.profile,
    out: values.out ?? `dist/bench/${new Date().toISOString().replaceAll(':', '-')}.json`,
  };
}

function parseRounds(text: string): number {
  const rounds = Number(text);
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds takes a whole number from 1');
  return rounds;
}

function parseStorage(text: string): readonly StorageKind[] {
  if (text === 'both') return STORAGE_KINDS;
  const kind = STORAGE_KINDS.find((known) => known === text);
  if (kind === undefined) throw new Error('--storage takes embedded, split or both');
  return [kind];
}
