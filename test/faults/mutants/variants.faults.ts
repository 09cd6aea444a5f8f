import { expect } from 'chai';
import { isSplit, report, rounds } from '../figures.js';
import { INVARIANTS } from '../history/checker.js';
import { runSchedule } from '../simulation/schedule.js';
import { CONTROLS, VARIANTS } from './variants.js';

/** Seeds that are fixed: what is found here is found always. */
const FIRST_SEED = 42_000;
const MOST_SCHEDULES = 400;
const CONTROL_SCHEDULES = rounds(100, 2_000);

function variantSuite(): void {
  describe('wrong variants of the write path', function () {
    this.timeout(300_000);
    const found: Record<string, number> = {};
    after(() => report('schedules until a wrong variant is caught', found));

    for (const { name, breaks, parts } of VARIANTS) {
      it(`catches that ${name} (${breaks}: ${INVARIANTS[breaks]})`, async () => {
        const seen = new Set<string>();
        let schedules = 0;
        for (; schedules < MOST_SCHEDULES && !seen.has(breaks); schedules += 1) {
          const { violations } = await runSchedule(FIRST_SEED + schedules, { parts });
          for (const { invariant } of violations) seen.add(invariant);
        }
        expect([...seen], `after ${schedules} schedules`).to.include(breaks);
        found[name] = schedules;
      });
    }

    for (const { name, parts } of CONTROLS) {
      it(`finds nothing wrong with ${name}`, async () => {
        for (let at = 0; at < CONTROL_SCHEDULES; at += 1) {
          const { violations } = await runSchedule(FIRST_SEED + at, { parts });
          expect(violations, `seed ${FIRST_SEED + at}`).to.deep.equal([]);
        }
      });
    }

    it('finds nothing wrong with the right one on the same seeds', async () => {
      for (let at = 0; at < CONTROL_SCHEDULES; at += 1) {
        const { violations } = await runSchedule(FIRST_SEED + at);
        expect(violations, `seed ${FIRST_SEED + at}`).to.deep.equal([]);
      }
    });
  });
}

// Simulated stores are the same on every storage.
if (!isSplit()) variantSuite();
