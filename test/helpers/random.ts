import { randomInt } from 'node:crypto';

/** Numbers that one seed gives again; print the seed with whatever fails. */
export interface Random {
  readonly seed: number;
  /** A whole number of `0 .. below - 1`. */
  below(below: number): number;
  /** One of the list, which is not empty. */
  of<T>(list: readonly [T, ...T[]]): T;
}

/** Without a seed: PARLEY_TEST_SEED's, which repeats a run, or one of its own. */
export function createRandom(seed: number = anySeed()): Random {
  // mulberry32: 32 bits of state are plenty for choosing where to cut.
  let state = seed | 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return { seed, below, of: (list) => list[below(list.length)] ?? list[0] };
}

function anySeed(): number {
  const given = process.env['PARLEY_TEST_SEED'] ?? '';
  return given === '' ? randomInt(2 ** 31) : Number(given);
}
