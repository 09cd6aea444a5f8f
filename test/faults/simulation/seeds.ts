import { runSchedule } from './schedule.js';

/** What came of one schedule after the other, each with the seed that follows. */
export interface Seeds {
  readonly first: number;
  readonly schedules: number;
  readonly steps: number;
  readonly kills: number;
  /** Of this process alone, whoever else is on the machine. */
  readonly cpuSeconds: number;
  /** The seed of the last schedule and what it broke; null: nothing. */
  readonly violation: string | null;
}

/** From the first seed on, for as long as `goesOn` says so, told how many are done; ends with the first violation. */
export async function runSeeds(first: number, goesOn: (schedules: number) => boolean): Promise<Seeds> {
  const began = process.cpuUsage();
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
  const { user, system } = process.cpuUsage(began);
  return { first, schedules, steps, kills, cpuSeconds: Math.round((user + system) / 1e6), violation };
}
