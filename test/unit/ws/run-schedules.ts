import { createRandom, type Random } from '../../helpers/random.js';
import type { World } from './schedules.js';

const STEPS = 60;

/** `count` schedules of seeds from `first` on; a failure names the seed that repeats it. */
export async function runSchedules(first: number, count: number, create: (dice: Random) => World): Promise<void> {
  for (let seed = first; seed < first + count; seed += 1) {
    const world = create(createRandom(seed));
    try {
      for (let step = 0; step < STEPS; step += 1) await world.step();
      await world.end();
    } catch (error) {
      throw new Error(`PARLEY_TEST_SEED=${seed} repeats it, as the first schedule`, { cause: error });
    }
  }
}
