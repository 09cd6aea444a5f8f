import type { Sample } from './measure.js';
import { summarize, type Summary } from './stats.js';

/** One thing to measure; called once per round. */
export type Contestant = () => Promise<Sample>;

/**
 * Runs all contestants once per round, in turns: forwards in one round, backwards in the next, so that a machine that
 * becomes slower or faster meanwhile favours none. One round before the first is thrown away.
 */
export async function interleave<Name extends string>(
  rounds: number,
  contestants: Readonly<Record<Name, Contestant>>,
): Promise<Record<Name, Sample[]>> {
  const names = Object.keys(contestants) as Name[];
  const samples = Object.fromEntries(names.map((name) => [name, [] as Sample[]])) as Record<Name, Sample[]>;
  for (let round = -1; round < rounds; round += 1) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const sample = await contestants[name]();
      if (round >= 0) samples[name].push(sample);
    }
  }
  return samples;
}

/** Ratio of two contestants round by round, so that only neighbours in time are compared. */
export function ratios(of: readonly number[], to: readonly number[]): Summary {
  return summarize(of.map((value, round) => value / (to[round] ?? Number.NaN)));
}
