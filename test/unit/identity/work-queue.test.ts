import { expect } from 'chai';
import { AppError } from '../../../src/domain/errors.js';
import { createWorkQueue, type WorkQueue, type WorkQueueOptions } from '../../../src/identity/work-queue.js';
import type { HashTurn } from '../../../src/ports/password-hasher.js';

const TASK_MS = 100;

/** A queue of which the test says when tasks end, over a clock that moves when it says so. */
class Scene {
  time = 1_000;
  /** What runs, in the order of its beginning: name and how to end it. */
  readonly running: { readonly name: string; readonly end: () => void }[] = [];
  readonly begun: string[] = [];
  readonly queue: WorkQueue;

  constructor(options: Partial<WorkQueueOptions> = {}) {
    const clock = { now: () => this.time, monotonic: () => this.time };
    this.queue = createWorkQueue({ places: 1, expectedMs: TASK_MS, clock, ...options });
  }

  /** Resolves with the Retry-After of a refusal, or null when it ran. */
  async ask(name: string, turn: Partial<HashTurn> = {}): Promise<number | null> {
    const whole = { network: 'office', account: name, known: false, ...turn };
    try {
      await this.queue.run(whole, async () => {
        this.begun.push(name);
        await new Promise<void>((resolve) => this.running.push({ name, end: resolve }));
      });
      return null;
    } catch (error) {
      expect(error).to.be.instanceOf(AppError).with.property('code', 'overloaded');
      return (error as AppError).retryAfter ?? 0;
    }
  }

  /** Time passes, and the task that has run longest ends. */
  async endOne(ms = TASK_MS): Promise<void> {
    this.time += ms;
    this.running.shift()?.end();
    await settled();
  }

  async endAll(ms = TASK_MS): Promise<void> {
    await settled();
    while (this.running.length > 0) await this.endOne(ms);
  }
}

async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

describe('work queue', () => {
  it('runs no more than its places at once, accounts in order of arrival', async () => {
    const scene = new Scene({ places: 2 });
    const work = ['a', 'b', 'c', 'd', 'e'].map((name) => scene.ask(name));
    await settled();
    for (const expected of [2, 2, 2, 2, 1]) {
      expect(scene.running).to.have.lengthOf(expected);
      await scene.endOne();
    }
    expect(await Promise.all(work)).to.deep.equal(Array(5).fill(null));
    expect(scene.begun.join('')).to.equal('abcde');
  });

  it('frees its place when a task fails, also before its first await', async () => {
    const { queue } = new Scene({ maxWaiting: 0 });
    const turn = { network: 'n', account: 'a', known: false };
    for (let round = 0; round < 3; round += 1) {
      const failed = await queue.run(turn, () => Promise.reject(new Error('no'))).catch((error: unknown) => error);
      expect(failed).to.be.instanceOf(Error).with.property('message', 'no');
      const thrown = await queue
        .run(turn, () => {
          throw new Error('at once');
        })
        .catch((error: unknown) => error);
      expect(thrown).to.be.instanceOf(Error).with.property('message', 'at once');
    }
    expect(await queue.run(turn, () => Promise.resolve(7))).to.equal(7);
  });

  it('a place that is handed on cannot be taken by a newcomer', async () => {
    const scene = new Scene();
    void scene.ask('first');
    void scene.ask('waited');
    await settled();
    scene.running.shift()?.end();
    void scene.ask('newcomer');
    await scene.endAll();
    expect(scene.begun).to.deep.equal(['first', 'waited', 'newcomer']);
  });

  it('runs one task of an account at once, however many places are free, and others beside it', async () => {
    const scene = new Scene({ places: 3 });
    for (let count = 0; count < 6; count += 1) void scene.ask('hog');
    await settled();
    expect(scene.begun).to.deep.equal(['hog']);
    void scene.ask('hog', { network: 'home' });
    void scene.ask('person');
    await settled();
    expect(scene.begun, 'the same account elsewhere, and another one here').to.deep.equal(['hog', 'hog', 'person']);
    await scene.endAll();
    expect(scene.begun).to.have.lengthOf(8);
  });

  it('runs what has no account beside each other', async () => {
    const scene = new Scene({ places: 3 });
    for (let count = 0; count < 6; count += 1) void scene.ask('new', { account: null });
    await settled();
    expect(scene.running).to.have.lengthOf(3);
    await scene.endAll();
  });

  it('goes round by network, and by account within one', async () => {
    const scene = new Scene();
    void scene.ask('x');
    await settled();
    for (const name of ['a1', 'a1', 'a1', 'a2', 'a3']) void scene.ask(name, { network: 'a' });
    for (const name of ['b1', 'b2']) void scene.ask(name, { network: 'b' });
    void scene.ask('c1', { network: 'c' });
    await scene.endAll();
    expect(scene.begun.join(' ')).to.equal('x a1 b1 c1 a2 b2 a3 a1 a1');
  });

  it('lets known ones go before, every other time', async () => {
    const scene = new Scene();
    void scene.ask('x', { known: true });
    await settled();
    for (const name of ['s1', 's2', 's3']) void scene.ask(name, { network: name });
    for (const name of ['k1', 'k2', 'k3', 'k4', 'k5', 'k6']) void scene.ask(name, { known: true, network: name });
    await scene.endAll();
    expect(scene.begun.join(' ')).to.equal('x s1 k1 s2 k2 s3 k3 k4 k5 k6');
  });

  it('refuses at once who would wait longer than two seconds, and by a hog of the same network that is only the hog', async () => {
    const scene = new Scene();
    const hog = Array.from({ length: 60 }, () => scene.ask('hog'));
    const person = scene.ask('person');
    await scene.endOne();
    expect(scene.running.map(({ name }) => name)).to.deep.equal(['person']);
    await scene.endOne();
    expect(await person).to.equal(null);
    await scene.endAll();
    const told = await Promise.all(hog);
    // One that runs and as many behind it as begin within two seconds, but for those that the person came before.
    expect(told.filter((each) => each === null).length).to.be.within(2_000 / TASK_MS - 2, 2_000 / TASK_MS + 1);
  });

  it('refuses who has waited two seconds because others came between', async () => {
    const scene = new Scene();
    const all = [scene.ask('x')];
    for (let index = 0; index < 20; index += 1) all.push(scene.ask(`s${index}`));
    await settled();
    // Slower than was measured.
    await scene.endAll(TASK_MS * 4);
    const told = await Promise.all(all);
    expect(told.filter((each) => each === null).length).to.be.within(4, 6);
    expect(scene.time, 'nobody began later than that').to.be.at.most(1_000 + 2_000 + 2 * TASK_MS * 4);
  });

  it('learns what a task takes, and unlearns it', async () => {
    const scene = new Scene();
    for (let round = 0; round < 30; round += 1) {
      const one = scene.ask('a');
      await scene.endAll(3_000);
      expect(await one, 'a place that is free is nobody’s').to.equal(null);
    }
    expect(scene.queue.taskMs()).to.be.within(2_900, 3_000);
    void scene.ask('a');
    expect(await scene.ask('b')).to.equal(1);
    await scene.endAll(10);
    for (let round = 0; round < 30; round += 1) {
      void scene.ask('a');
      await scene.endAll(10);
    }
    expect(scene.queue.taskMs()).to.be.below(20);
  });

  it('sends an office away for times at which there is room', async () => {
    const scene = new Scene({ places: 2 });
    const tries = new Map<string, number>();
    const done: string[] = [];
    let later: { at: number; name: string }[] = Array.from({ length: 310 }, (_, n) => ({ at: 0, name: `p${n}` }));
    for (let steps = 0; done.length < 310; steps += 1) {
      expect(steps).to.be.below(2_000);
      const due = later.filter(({ at }) => at <= scene.time);
      later = later.filter(({ at }) => at > scene.time);
      for (const { name } of due) {
        tries.set(name, (tries.get(name) ?? 0) + 1);
        void scene.ask(name).then((seconds) => {
          if (seconds === null) done.push(name);
          else later.push({ at: scene.time + seconds * 1_000, name });
        });
      }
      await settled();
      scene.time += TASK_MS;
      for (const { end } of scene.running.splice(0)) end();
      await settled();
    }
    expect(Math.max(...tries.values()), 'nobody comes a third time').to.equal(2);
    expect(scene.time - 1_000, 'and no time is lost').to.be.below(310 * (TASK_MS / 2) + 3_000);
  });

  it('does not send others away for longer because of a flood', async () => {
    const scene = new Scene();
    for (let n = 0; n < 5_000; n += 1) void scene.ask(`n${n}`, { network: 'flood' });
    await settled();
    for (let n = 0; n < 100; n += 1) void scene.ask(`m${n}`, { network: `other ${n}` });
    expect(await scene.ask('person', { network: 'home' })).to.be.below(10);
    expect(await scene.ask('one more', { network: 'flood' })).to.equal(60);
    await scene.endAll();
  });

  it('holds a bounded number, however short they are', async () => {
    const scene = new Scene({ expectedMs: 0.001, maxWaiting: 5 });
    const told = Array.from({ length: 10 }, (_, n) => scene.ask(`n${n}`, { network: `n${n}` }));
    await scene.endAll(0);
    expect((await Promise.all(told)).filter((each) => each === null)).to.have.lengthOf(6);
  });

  describe('asks at the turn', () => {
    it('and answers what is thrown, without running anything', async () => {
      const scene = new Scene();
      const refusal = new Error('not any more');
      let begins = 0;
      const begin = (): boolean => {
        begins += 1;
        throw refusal;
      };
      void scene.ask('a');
      const turn = { network: 'n', account: 'b', known: false, begin };
      const refused = scene.queue.run(turn, () => Promise.reject(new Error('it ran'))).catch((error: unknown) => error);
      const last = scene.ask('c');
      await settled();
      expect(begins).to.equal(0);
      await scene.endAll();
      expect([await refused, await last, begins]).to.deep.equal([refusal, null, 1]);
    });

    it('and again after others have ended, with whom it was not the time yet', async () => {
      const scene = new Scene({ places: 2 });
      let isOpen = false;
      void scene.ask('a');
      void scene.ask('b', { begin: () => isOpen });
      void scene.ask('c');
      await settled();
      expect(scene.begun).to.deep.equal(['a', 'c']);
      isOpen = true;
      await scene.endOne();
      expect(scene.begun).to.deep.equal(['a', 'c', 'b']);
      await scene.endAll();
    });
  });
});
