import { expect } from 'chai';
import { ReplayBudget } from '../../../src/ws/feeds/replay-budget.js';
import { FakeClock, settle } from './fakes.js';

const MIB = 1024 * 1024;

describe('budget of replays', () => {
  const clock = new FakeClock();
  let budget: ReplayBudget;
  beforeEach(() => {
    budget = new ReplayBudget(clock);
  });

  /** Whether the user may go on; tells it once. */
  function ask(userId: number, isWanted = () => true): { readonly went: () => boolean; readonly line: boolean[] } {
    let went = false;
    const line: boolean[] = [];
    void budget.room(userId, { isWanted, onLine: (is) => line.push(is) }).then(() => (went = true));
    return { went: () => went, line };
  }

  it('lets a user go on until 64 MiB are used, and others all the same', async () => {
    budget.took(1, 63 * MIB);
    const first = ask(1);
    await settle();
    expect([first.went(), first.line]).to.deep.equal([true, []]);
    budget.took(1, 2 * MIB);
    const [second, other] = [ask(1), ask(2)];
    await settle();
    expect([second.went(), second.line, other.went()]).to.deep.equal([false, [true], true]);
  });

  it('goes on at 2 MiB a second then', async () => {
    budget.took(1, 70 * MIB);
    const waits = ask(1);
    clock.time += 2_500;
    budget.tick();
    await settle();
    expect(waits.went()).to.equal(false);
    clock.time += 1_000;
    budget.tick();
    await settle();
    expect([waits.went(), waits.line]).to.deep.equal([true, [true, false]]);
  });

  it('counts reads that find nothing', async () => {
    for (let count = 0; count < 2_047; count += 1) budget.took(1, 0);
    const before = ask(1);
    budget.took(1, 0);
    const after = ask(1);
    await settle();
    expect([before.went(), after.went()]).to.deep.equal([true, false]);
  });

  it('keeps nobody waiting who has gone, and nothing of users whose budget is whole', async () => {
    budget.took(1, 100 * MIB);
    let isThere = true;
    const waits = ask(1, () => isThere);
    budget.tick();
    await settle();
    expect(waits.went()).to.equal(false);
    isThere = false;
    budget.tick();
    await settle();
    expect([waits.went(), budget.users]).to.deep.equal([true, 1]);
    clock.time += 60_000;
    budget.tick();
    expect(budget.users).to.equal(0);
  });
});
