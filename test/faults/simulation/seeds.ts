import { runSchedule } from './schedule.js';

/** What came of one schedule after the other, each with the seed that follows. */
export interface Seeds {
  readonly first: number;
  readonly schedules: number;
  readonly steps: number;
  readonly kills: number;
  /** The seed of the last schedule and what it broke; null: nothing. */
  readonly violation: string | null;
}

/** From the first seed on, for as long as `goesOn` says so, told how many are done; ends with the first violation. */
export async function runSeeds(first: number, goesOn: (schedules: number) => boolean): Promise<Seeds> {
  let [schedules, steps, kills] = [0, 0, 0];
  let violation: string | null = null;
  while (violation === null && goesOn(schedules)) {
    const result = await runSchedule(first + schedules);
    schedules += 1;
    steps += result.steps;
    kills += result.faults;
    const [broken] = result.violations;
    if (broken !== undefined) violation = `seed ${result.seed}: ${broken.invariant} ${broken.explanation}`;
  }
  return { first, schedules, steps, kills, violation };
}
