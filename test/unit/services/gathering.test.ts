import { expect } from 'chai';
import { Gathering } from '../../../src/services/messages/writer/gathering.js';

const MOST = 256;

/** Moves with each look at it, not with the load of the machine: the 2 ms of a wait are two hundred looks. */
function clock(): () => number {
  let now = 0;
  return () => (now += 0.01);
}

/** Runs one round of a wait in which `arrivals` come in from the given turn of the loop on; answers how many waited at its end. */
async function waited(
  gathering: Gathering,
  queue: { length: number },
  arrivals: number,
  fromTurn: number,
): Promise<number> {
  let turn = 0;
  let ended = false;
  const arrive = (): void => {
    if (ended) return;
    turn += 1;
    if (turn >= fromTurn && arrivals > 0) {
      arrivals -= 1;
      queue.length += 1;
    }
    setImmediate(arrive);
  };
  setImmediate(arrive);
  await gathering.wait();
  ended = true;
  return queue.length;
}

/** How many turns of the loop it took: one or two to look, at least four to wait. */
async function turnsOf(wait: () => Promise<void>): Promise<number> {
  let turns = 0;
  let ended = false;
  const count = (): void => {
    turns += 1;
    if (!ended) setImmediate(count);
  };
  setImmediate(count);
  await wait();
  ended = true;
  return turns;
}

describe('how long a batch stays open', () => {
  it('lets what has arrived be read, and no longer for a lone send', async () => {
    const queue = { length: 1 };
    const gathering = new Gathering(queue, MOST, clock());
    gathering.answered(1, 1_000);
    expect(await waited(gathering, queue, 20, 6)).to.equal(1);
  });

  it('waits for those that were just answered, until all of them are back', async () => {
    const queue = { length: 30 };
    const gathering = new Gathering(queue, MOST, clock());
    gathering.answered(34, 1_000);
    expect(await waited(gathering, queue, 40, 4)).to.equal(64);
  });

  it('waits for no more than spread the price of a batch', async () => {
    const queue = { length: 40 };
    const gathering = new Gathering(queue, MOST, clock());
    gathering.answered(60, 1_000);
    expect(await waited(gathering, queue, 60, 4)).to.equal(64);
  });

  it('leaves waits out after one in vain, twice as many each time', async () => {
    const queue = { length: 30 };
    const gathering = new Gathering(queue, MOST, clock());
    const turns: number[] = [];
    for (let batch = 0; batch < 10; batch += 1) {
      gathering.answered(34, 1_000);
      turns.push(await turnsOf(() => gathering.wait()));
    }
    const waits = turns.map((count) => (count >= 4 ? 'waits' : 'goes'));
    expect(waits).to.deep.equal(['waits', 'goes', 'waits', 'goes', 'goes', 'waits', 'goes', 'goes', 'goes', 'goes']);
  });

  it('takes a full batch at once', async () => {
    const queue = { length: MOST };
    const gathering = new Gathering(queue, MOST, clock());
    gathering.answered(MOST, 1_000);
    expect(await waited(gathering, queue, 10, 2)).to.equal(MOST);
  });
});
