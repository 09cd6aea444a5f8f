import { createRandom } from '../../helpers/random.js';
import { runSchedules } from './schedules.js';

const SCHEDULES = 400;

describe('F28 random schedules of reading on', () => {
  it(`leave no gap and no repeat, whatever is lost, doubled, late or slow (${SCHEDULES})`, async function () {
    this.timeout(120_000);
    await runSchedules(createRandom().seed, SCHEDULES);
  });
});
