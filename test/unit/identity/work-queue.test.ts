import { expect } from 'chai';
import { createWorkQueue } from '../../../src/identity/work-queue.js';

function gate(): { readonly open: () => void; readonly passed: Promise<void> } {
  let open = (): void => undefined;
  const passed = new Promise<void>((resolve) => (open = resolve));
  return { open, passed };
}

describe('work queue', () => {
  it('runs no more than its places at once, in order of arrival', async () => {
    const queue = createWorkQueue(2, 100);
    const gates = Array.from({ length: 6 }, gate);
    const started: number[] = [];
    let running = 0;
    let most = 0;
    const work = gates.map(({ passed }, index) =>
      queue.run(async () => {
        started.push(index);
        most = Math.max(most, (running += 1));
        await passed;
        running -= 1;
      }),
    );
    for (const { open } of gates.toReversed()) open();
    await Promise.all(work);
    expect(started).to.deep.equal([0, 1, 2, 3, 4, 5]);
    expect(most).to.equal(2);
  });

  it('frees its place when a task fails, also before its first await', async () => {
    const queue = createWorkQueue(1, 0);
    for (let round = 0; round < 3; round += 1) {
      const failed = await queue.run(() => Promise.reject(new Error('no'))).catch((error: unknown) => error);
      expect(failed).to.be.instanceOf(Error).with.property('message', 'no');
      const thrown = await queue
        .run(() => {
          throw new Error('at once');
        })
        .catch((error: unknown) => error);
      expect(thrown).to.be.instanceOf(Error).with.property('message', 'at once');
    }
    expect(await queue.run(() => Promise.resolve(7))).to.equal(7);
  });

  it('a place that is handed on cannot be taken by a newcomer', async () => {
    const queue = createWorkQueue(1, 10);
    const first = gate();
    const order: string[] = [];
    const one = queue.run(() => first.passed);
    const two = queue.run(() => Promise.resolve(order.push('waited')));
    first.open();
    await one;
    const three = queue.run(() => Promise.resolve(order.push('newcomer')));
    await Promise.all([two, three]);
    expect(order).to.deep.equal(['waited', 'newcomer']);
  });
});
