import { createRandom } from '../helpers/random.js';
import { CrowdedInboxWorld } from '../unit/ws/crowded-schedules.js';
import { InboxWorld } from '../unit/ws/inbox-schedules.js';
import { runSchedules } from '../unit/ws/run-schedules.js';
import { World } from '../unit/ws/schedules.js';
import { isSplit, report, rounds } from './figures.js';

const SCHEDULES = rounds(400, 10_000);

/** The stores are models, so both storages are the same. */
function schedulesSuite(): void {
  describe('random schedules of reading on', function () {
    this.timeout(20 * 60_000);

    it(`leave no gap and no repeat, on sockets of one chat and of all (${SCHEDULES} each)`, async () => {
      const began = performance.now();
      const first = createRandom().seed;
      await runSchedules(first, SCHEDULES, (dice) => new World(dice));
      await runSchedules(first, SCHEDULES, (dice) => new InboxWorld(dice));
      await runSchedules(first, SCHEDULES, (dice) => new CrowdedInboxWorld(dice));
      const seconds = Math.round((performance.now() - began) / 1_000);
      report('schedules', { 'first seed': first, schedules: SCHEDULES, seconds });
    });
  });
}

if (!isSplit()) schedulesSuite();
