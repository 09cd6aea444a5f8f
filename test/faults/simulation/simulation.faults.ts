import { expect } from 'chai';
import { availableParallelism } from 'node:os';
import { runProcess } from '../../integration/process/run.js';
import { isSplit, report, rounds } from '../figures.js';
import { runSchedule } from './schedule.js';
import { runSeeds, type Seeds } from './seeds.js';

const FIRST_SEED = Number(process.env['PARLEY_SIMULATION_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
/** The short form ends after this time, but not before the fewest schedules. */
const SHORT_MS = 15_000;
/** Two cores that others use as well give 135 schedules a second, 2,000 in that time. */
const FEWEST = rounds(1_000, 100_000);
const SCHEDULES = rounds(20_000, 100_000);
/** The long form's processes, one to a core. */
const WORKERS = Math.min(4, availableParallelism());
/**
 * A core does 145 to 185 schedules a second: 100,000 take about 600 s of one, 300 s of each of two, which share them.
 * The ten minutes they may take are a process's own time, so that neighbours on the machine do not count; a core alone
 * may need more.
 */
const LONGEST_CPU_SECONDS = 1_200 / Math.min(2, rounds(1, WORKERS));

function runHere(): Promise<Seeds> {
  const began = performance.now();
  const hasTime = (): boolean => performance.now() - began <= SHORT_MS;
  return runSeeds(FIRST_SEED, (schedules) => schedules < SCHEDULES && (schedules < FEWEST || hasTime()));
}

/** Every process takes as many seeds as the others, behind those of the one before it. */
async function runBeside(): Promise<readonly Seeds[]> {
  const each = Math.ceil(SCHEDULES / WORKERS);
  const runs = Array.from({ length: WORKERS }, (_, index) => {
    const args = [FIRST_SEED + index * each, each].map(String);
    return runProcess({ file: 'test/faults/simulation/worker.ts', args }, process.cwd());
  });
  try {
    return await Promise.all(runs.map(async (run) => (await run.event(() => true)) as unknown as Seeds));
  } finally {
    await Promise.all(runs.map((run) => run.dispose()));
  }
}

/** The stores are simulated, so both storages are the same. */
function simulationSuite(): void {
  describe('random schedules with random faults', function () {
    this.timeout(40 * 60_000);

    it(`break no invariant (first seed ${FIRST_SEED})`, async () => {
      const began = performance.now();
      const ran = rounds(1, WORKERS) === 1 ? [await runHere()] : await runBeside();
      const elapsedMs = performance.now() - began;
      const sum = (key: 'schedules' | 'steps' | 'kills'): number => ran.reduce((total, one) => total + one[key], 0);
      const schedules = sum('schedules');
      const [seconds, perSecond] = [Math.round(elapsedMs / 1_000), Math.round((schedules * 1_000) / elapsedMs)];
      report('simulation', {
        seeds: ran.map((one) => `${one.first}-${one.first + one.schedules - 1}`).join(' '),
        schedules,
        steps: sum('steps'),
        kills: sum('kills'),
        seconds,
        'cpu seconds': ran.map((one) => one.cpuSeconds).join(' '),
        perSecond,
        violations: ran.filter(({ violation }) => violation !== null).length,
      });
      expect(ran.flatMap(({ violation }) => violation ?? [])).to.deep.equal([]);
      expect(schedules, `${perSecond} schedules a second`).to.be.at.least(FEWEST);
      expect(Math.max(...ran.map((one) => one.cpuSeconds))).to.be.below(LONGEST_CPU_SECONDS);
    });

    it('are the same for the same seed', async () => {
      expect(await runSchedule(FIRST_SEED)).to.deep.equal(await runSchedule(FIRST_SEED));
    });
  });
}

if (!isSplit()) simulationSuite();
