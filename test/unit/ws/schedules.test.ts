import { createRandom } from '../../helpers/random.js';
import { CrowdedInboxWorld } from './crowded-schedules.js';
import { InboxWorld } from './inbox-schedules.js';
import { runSchedules } from './run-schedules.js';
import { World } from './schedules.js';

const SCHEDULES = 400;

describe('random schedules of reading on', () => {
  it(`leave no gap and no repeat, whatever is lost, doubled, late or slow (${SCHEDULES})`, async function () {
    this.timeout(120_000);
    await runSchedules(createRandom().seed, SCHEDULES, (dice) => new World(dice));
  });

  it(`leave none on sockets of all chats either (${SCHEDULES})`, async function () {
    this.timeout(120_000);
    await runSchedules(createRandom().seed, SCHEDULES, (dice) => new InboxWorld(dice));
  });

  it(`nor where there is not room for all of them (${SCHEDULES})`, async function () {
    this.timeout(120_000);
    await runSchedules(createRandom().seed, SCHEDULES, (dice) => new CrowdedInboxWorld(dice));
  });
});
