import { expect } from 'chai';
import { isSplit, report, rounds } from '../figures.js';
import { runSchedule } from './schedule.js';

const FIRST_SEED = Number(process.env['PARLEY_SIMULATION_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
/** The short form ends after this time, but not before the fewest schedules. */
const SHORT_MS = 15_000;
/** Two cores that others use as well give 135 schedules a second, 2,000 in that time. */
const FEWEST = rounds(1_000, 100_000);
const SCHEDULES = rounds(20_000, 100_000);
/** At that rate 100,000 take 740 s, on one core. Beyond this it is not the machine alone that is slow. */
const LONGEST_SECONDS = 1_200;

/** The stores are simulated, so both storages are the same. */
function simulationSuite(): void {
  describe('F41 random schedules with random faults', function () {
    this.timeout(40 * 60_000);

    it(`break no invariant (first seed ${FIRST_SEED})`, async () => {
      const began = performance.now();
      let schedules = 0;
      let steps = 0;
      let kills = 0;
      for (; schedules < SCHEDULES; schedules += 1) {
        if (schedules >= FEWEST && performance.now() - began > SHORT_MS) break;
        const result = await runSchedule(FIRST_SEED + schedules);
        steps += result.steps;
        kills += result.faults;
        const [first] = result.violations;
        expect(first, `seed ${result.seed}: ${first?.invariant} ${first?.explanation}`).to.equal(undefined);
      }
      const elapsedMs = performance.now() - began;
      const [seconds, perSecond] = [Math.round(elapsedMs / 1_000), Math.round((schedules * 1_000) / elapsedMs)];
      report('F41 simulation', {
        'first seed': FIRST_SEED,
        schedules,
        steps,
        kills,
        seconds,
        perSecond,
        violations: 0,
      });
      expect(schedules, `${perSecond} schedules a second`).to.be.at.least(FEWEST);
      expect(seconds, `${perSecond} schedules a second`).to.be.below(LONGEST_SECONDS);
    });

    it('are the same for the same seed', async () => {
      expect(await runSchedule(FIRST_SEED)).to.deep.equal(await runSchedule(FIRST_SEED));
    });
  });
}

if (!isSplit()) simulationSuite();
