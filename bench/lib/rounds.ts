import type { Sample } from './measure.js';
import { summarize, type Summary } from './stats.js';

/** What one measurement may take: uncounted milliseconds first, then counted ones. */
export interface Window {
  readonly warmMs: number;
  readonly ms: number;
}

export interface Effort {
  readonly rounds: number;
  /** The first round is thrown away: code is compiled and caches are filled in it. */
  readonly firstMs: number;
  readonly window: Window;
  /** Hears which round begins. */
  readonly progress?: (line: string) => void;
}

/** One thing to measure; called once per round. */
export type Contestant<S extends Sample = Sample> = (window: Window) => Promise<S>;

/**
 * Runs all contestants once per round, in turns: forwards in one round, backwards in the next, so that a machine that
 * becomes slower or faster meanwhile favours none.
 */
export async function interleave<Name extends string, S extends Sample>(
  { rounds, firstMs, window, progress }: Effort,
  contestants: Readonly<Record<Name, Contestant<S>>>,
): Promise<Record<Name, S[]>> {
  const names = Object.keys(contestants) as Name[];
  const samples = Object.fromEntries(names.map((name) => [name, [] as S[]])) as Record<Name, S[]>;
  const first: Window = { warmMs: 0, ms: firstMs };
  for (let round = -1; round < rounds; round += 1) {
    progress?.(round < 0 ? `  warming up ${names.length} subjects` : `  round ${round + 1} of ${rounds}`);
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const sample = await contestants[name](round < 0 ? first : window);
      if (round >= 0) samples[name].push(sample);
    }
  }
  return samples;
}

/** Ratio of two contestants round by round, so that only neighbours in time are compared. */
export function ratios(of: readonly number[], to: readonly number[]): Summary {
  return summarize(of.map((value, round) => value / (to[round] ?? Number.NaN)));
}
