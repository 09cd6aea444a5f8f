import { expect } from 'chai';
import type { User } from '../../src/domain/user.js';
import type { Progress } from '../../src/services/integrity/verify/context.js';
import { verify } from '../../src/services/integrity/verify/verify.js';
import { createEraseWorker } from '../../src/services/integrity/erase-worker.js';
import { systemClock } from '../../src/telemetry/clock.js';
import { at, draft, group, people } from '../conformance/chat-store.fixtures.js';
import { openTestStores, silentLogger, type TestStores } from '../helpers/stores.js';

/** More than one step of each kind takes: 100 chats, 200 messages, 500 bodies. */
const CHATS = 120;
const MESSAGES = 620;
const AT_ONCE = 100;

describe('progress of verify', function () {
  this.timeout(60_000);
  let stores: TestStores;
  beforeEach(async () => {
    stores = await openTestStores();
  });
  afterEach(() => stores.close());

  async function fill(ada: User): Promise<void> {
    const chatIds: number[] = [];
    for (let count = 0; count < CHATS; count += 1) chatIds.push((await group(stores, [ada])).chat.id);
    const drafts = Array.from({ length: MESSAGES }, (_, count) =>
      draft(at(chatIds, count % CHATS), ada, `said ${count}`, `k${count}`),
    );
    for (let from = 0; from < MESSAGES; from += AT_ONCE) {
      for (const outcome of await stores.messages.append(drafts.slice(from, from + AT_ONCE))) {
        expect(outcome.ok).to.equal(true);
      }
    }
  }

  async function progress(): Promise<readonly Progress[]> {
    const told: Progress[] = [];
    const eraser = createEraseWorker({ ...stores, clock: systemClock, logger: silentLogger });
    await verify({ ...stores, eraser }, { repair: false, onProgress: (one) => told.push(one) });
    return told;
  }

  it('tells of chats, messages and bodies in this order, with growing counts up to all there are', async () => {
    await fill(at(await people(stores, 1), 0));
    const told = await progress();
    const steps = [...new Set(told.map(({ step }) => step))];
    expect(steps).to.deep.equal(['chats', 'messages', 'bodies']);
    // No step comes back once another has begun.
    expect(told.map(({ step }) => steps.indexOf(step))).to.deep.equal(
      told.map(({ step }) => steps.indexOf(step)).sort((a, b) => a - b),
    );
    const all = { chats: CHATS, messages: MESSAGES, bodies: MESSAGES };
    for (const step of steps) {
      const own = told.filter((one) => one.step === step);
      const done = own.map((one) => one.done);
      expect(done.length, step).to.be.above(1);
      expect(done, step).to.deep.equal([...new Set(done)].sort((a, b) => a - b));
      expect(own.at(-1), step).to.deep.equal({ step, done: all[step], share: 1 });
      const shares = own.flatMap(({ share }) => share ?? []);
      expect(shares, step).to.deep.equal([...shares].sort((a, b) => a - b));
      expect(Math.min(...shares), step).to.be.above(0);
      expect(Math.max(...shares), step).to.equal(1);
    }
  });

  it('tells of empty stores that each step is through', async () => {
    expect(await progress()).to.deep.equal([
      { step: 'chats', done: 0, share: 1 },
      { step: 'messages', done: 0, share: 1 },
      { step: 'bodies', done: 0, share: 1 },
    ]);
  });
});
