import { expect } from 'chai';
import { FairTurns } from '../../../src/domain/fair-turns.js';
import { gate } from '../ws/fakes.js';

const rejection = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => null,
    (error: unknown) => error,
  );

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Enough turns of the loop for all that waits in these tests. */
async function rest(turns = 20): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await nextTurn();
}

/** Tasks that note when they begin and end when they are told to. */
function record() {
  const begun: string[] = [];
  const held = gate<void>();
  const task = (name: string) => () => {
    begun.push(name);
    return held.promise;
  };
  const quick = (name: string) => () => {
    begun.push(name);
    return Promise.resolve(name);
  };
  return { begun, task, quick, open: () => held.open() };
}

describe('fair turns', () => {
  it('runs at once what nothing stands before, and answers as the task does', async () => {
    const turns = new FairTurns({ atOnce: 2, perUser: 1, inLine: 10 });
    const seen: boolean[] = [];
    expect(await turns.run(1, () => Promise.resolve(7), { onLine: (isInLine) => seen.push(isInLine) })).to.equal(7);
    expect(seen).to.deep.equal([]);
    expect(turns.users).to.equal(0);
  });

  it("serves another's single task next, however many one user has in line", async () => {
    const turns = new FairTurns({ atOnce: 1, perUser: 1, inLine: 100 });
    const { begun, quick } = record();
    const first = gate<void>();
    const all = [turns.run(1, () => first.promise)];
    for (let count = 0; count < 95; count += 1) all.push(turns.run(1, quick('one')).then(() => undefined));
    all.push(turns.run(2, quick('two')).then(() => undefined));
    first.open();
    await Promise.all(all);
    expect(begun.indexOf('two')).to.be.at.most(1);
    expect(begun).to.have.length(96);
    expect(turns.users).to.equal(0);
  });

  it('goes round by users', async () => {
    const turns = new FairTurns({ atOnce: 1, perUser: 1, inLine: 100 });
    const { begun, quick } = record();
    const first = gate<void>();
    const all: Promise<unknown>[] = [turns.run(9, () => first.promise)];
    for (const user of [1, 1, 1, 2, 2, 3]) all.push(turns.run(user, quick(`${user}`)));
    first.open();
    await Promise.all(all);
    expect(begun.join('')).to.equal('123121');
  });

  it('runs no more at once than its bounds say, over all and of one user', async () => {
    const turns = new FairTurns({ atOnce: 3, perUser: 2, inLine: 100 });
    const { begun, task, open } = record();
    const all = [1, 1, 1, 1, 2, 3, 3].map((user) => turns.run(user, task(`${user}`)));
    await rest();
    expect(begun.join('')).to.equal('112');
    open();
    await Promise.all(all);
    expect(begun).to.have.length(7);
  });

  it('does not let a user who may run no more keep others waiting', async () => {
    const turns = new FairTurns({ atOnce: 4, perUser: 1, inLine: 100 });
    const { begun, task, quick, open } = record();
    const held = [turns.run(1, task('one')), turns.run(1, task('one again'))];
    await rest();
    await turns.run(2, quick('two'));
    await turns.run(2, quick('two again'));
    expect(begun).to.deep.equal(['one', 'two', 'two again']);
    open();
    await Promise.all(held);
  });

  it('begins no two tasks in one turn of the loop, though each ends where it begins', async () => {
    const turns = new FairTurns({ atOnce: 8, perUser: 8, inLine: 400 });
    let now = 0;
    let isOver = false;
    const count = (): void => {
      now += 1;
      if (!isOver) setImmediate(count);
    };
    setImmediate(count);
    const begunIn: number[] = [];
    const task = () => {
      begunIn.push(now);
      return Promise.resolve();
    };
    await Promise.all(Array.from({ length: 300 }, (_, at) => turns.run(at % 50, task)));
    isOver = true;
    expect(new Set(begunIn).size).to.equal(300);
  });

  it('lets nobody pass who comes while others wait', async () => {
    const turns = new FairTurns({ atOnce: 1, perUser: 1, inLine: 10 });
    const { begun, quick } = record();
    const all = [turns.run(1, quick('a')), turns.run(2, quick('b'))];
    await all[0];
    all.push(turns.run(3, quick('c')));
    await Promise.all(all);
    expect(begun).to.deep.equal(['a', 'b', 'c']);
  });

  it('never begins what nobody waits for any more, and its place costs no turn', async () => {
    const turns = new FairTurns({ atOnce: 1, perUser: 1, inLine: 100 });
    const { begun, quick } = record();
    const first = gate<void>();
    let isGone = false;
    const inLine: boolean[] = [];
    const waiting = { isWanted: () => !isGone, onLine: (is: boolean) => inLine.push(is) };
    const held = turns.run(9, () => first.promise);
    const left = Array.from({ length: 50 }, () => turns.run(1, quick('left'), waiting));
    const stays = turns.run(2, quick('stays'), { isWanted: () => true });
    isGone = true;
    first.open();
    await held;
    expect(await Promise.all(left)).to.deep.equal(Array<null>(50).fill(null));
    expect(await stays).to.equal('stays');
    expect(begun).to.deep.equal(['stays']);
    expect(inLine.filter((is) => is)).to.have.length(50);
    expect(inLine.filter((is) => !is)).to.have.length(50);
    expect(turns.users).to.equal(0);
  });

  it('refuses what finds the line of its user full, unless someone in it has gone', async () => {
    const turns = new FairTurns({ atOnce: 1, perUser: 1, inLine: 2 });
    const { begun, quick } = record();
    const first = gate<void>();
    let isGone = false;
    const held = turns.run(1, () => first.promise);
    const left = turns.run(1, quick('left'), { isWanted: () => !isGone });
    const stays = turns.run(1, quick('stays'));
    expect(await rejection(turns.run(1, quick('refused')))).to.include({ code: 'overloaded' });
    const other = turns.run(2, quick('other'));
    isGone = true;
    const later = turns.run(1, quick('later'));
    expect(await left).to.equal(null);
    first.open();
    await Promise.all([held, stays, other, later]);
    expect(begun).to.deep.equal(['other', 'stays', 'later']);
    expect(turns.users).to.equal(0);
  });

  it('goes on after a task that fails, which fails alone', async () => {
    const turns = new FairTurns({ atOnce: 1, perUser: 1, inLine: 10 });
    const { quick } = record();
    const broken = new Error('broken');
    const fails = turns.run(1, () => Promise.reject(broken));
    const throws = turns.run(1, () => {
      throw broken;
    });
    const goes = turns.run(1, quick('goes'));
    expect(await rejection(fails)).to.equal(broken);
    expect(await rejection(throws)).to.equal(broken);
    expect(await goes).to.equal('goes');
    expect(turns.users).to.equal(0);
  });
});
