import { expect } from 'chai';
import type { FiledBody } from '../../../src/ports/old-body-store.js';
import { createEraseWorker, type EraseWorker } from '../../../src/services/integrity/erase-worker.js';
import { systemClock } from '../../../src/telemetry/clock.js';

const silent = { debug: () => undefined, info: () => undefined, error: () => undefined };

/** A file of bodies in memory, which notes what happened in which order. */
class Filed {
  readonly steps: string[] = [];
  readonly warnings: string[] = [];
  waiting: FiledBody[] = [];
  onDue: () => void = () => undefined;
  onLease: () => void = () => undefined;
  backupUntil: Date | null = null;
  onDelete: () => Promise<void> = () => Promise.resolve();
  passes = 0;
  /** Entries that are old enough to be forgotten, and what was asked for. */
  old = 0;
  forgotten: number[] = [];
  now = 60_000;

  file(name: string, dueAt = 0): void {
    this.waiting.push({ bodyId: Buffer.from(name), chatId: 1, reason: 'deleted', dueAt: new Date(dueAt) });
  }

  worker(): EraseWorker {
    return createEraseWorker({
      clock: systemClock,
      logger: { ...silent, warn: (_facts, message) => void this.warnings.push(message) },
      leases: {
        heldUntil: () => {
          this.onLease();
          return Promise.resolve(this.backupUntil);
        },
      },
      oldBodies: {
        now: () => Promise.resolve(new Date(this.now)),
        due: (_now, limit) => {
          this.passes += 1;
          this.onDue();
          return Promise.resolve(this.waiting.slice(0, limit));
        },
        markErased: (ids) => {
          const names = ids.map((id) => Buffer.from(id).toString());
          this.steps.push(`marked ${names.join(' ')}`);
          this.waiting = this.waiting.filter((body) => !names.includes(Buffer.from(body.bodyId).toString()));
          return Promise.resolve();
        },
        forget: (before, limit) => {
          this.forgotten.push(before.getTime());
          const count = Math.min(limit, this.old);
          this.old -= count;
          return Promise.resolve(count);
        },
        forgotten: () => Promise.resolve({ superseded: 3, deleted: 4 }),
        backlog: () => Promise.resolve({ count: this.waiting.length, oldestDueAt: null }),
      },
      bodies: {
        delete: async (ids) => {
          await this.onDelete();
          this.steps.push(`deleted ${ids.map((id) => Buffer.from(id).toString()).join(' ')}`);
        },
      },
    });
  }
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 5_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error('not within 5 s');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

describe('erase worker', () => {
  let filed: Filed;
  let worker: EraseWorker;
  beforeEach(() => {
    filed = new Filed();
    worker = filed.worker();
  });
  afterEach(() => worker.stop());

  it('deletes the body before it crosses its entry out', async () => {
    filed.file('a');
    expect(await worker.runOnce()).to.equal(1);
    expect(filed.steps).to.deep.equal(['deleted a', 'marked a']);
  });

  it('goes on until nothing is due', async () => {
    for (let at = 0; at < 450; at += 1) filed.file(`b${at}`);
    expect(await worker.runOnce()).to.equal(450);
    expect(filed.waiting).to.have.lengthOf(0);
  });

  it('is not put off by a steady stream of deletes', async () => {
    worker.start();
    filed.file('a');
    const stream = setInterval(() => worker.wake(), 10);
    try {
      await until(() => filed.waiting.length === 0);
    } finally {
      clearInterval(stream);
    }
  });

  it('comes back soon for what was filed during a pass', async () => {
    let release: () => void = () => undefined;
    filed.onDelete = () => new Promise((resolve) => (release = resolve));
    filed.file('a');
    worker.start();
    worker.wake();
    await until(() => filed.passes === 1);
    filed.onDelete = () => Promise.resolve();
    worker.wake();
    release();
    await until(() => filed.waiting.length === 0);
    filed.file('late');
    await until(() => filed.waiting.length === 0);
  });

  it('tries again after a failure, and says so', async () => {
    filed.file('a');
    filed.onDelete = () => Promise.reject(new Error('away'));
    worker.start();
    await until(() => filed.warnings.length === 1);
    filed.onDelete = () => Promise.resolve();
    worker.wake();
    await until(() => filed.waiting.length === 0);
    expect(filed.steps).to.deep.equal(['deleted a', 'marked a']);
  });

  it('forgets the entries of what was erased a month ago, once an hour', async () => {
    filed.now = Date.UTC(2026, 5, 30, 12);
    filed.old = 450;
    await worker.runOnce();
    expect(filed.old).to.equal(0);
    expect(new Set(filed.forgotten)).to.deep.equal(new Set([Date.UTC(2026, 4, 31, 12)]));
    const asked = filed.forgotten.length;
    await worker.runOnce();
    expect(filed.forgotten).to.have.lengthOf(asked);
    expect((await worker.figures()).forgotten).to.deep.equal({ superseded: 3, deleted: 4 });
  });

  it('erases nothing while a backup is being made, and goes on after it', async () => {
    filed.file('a');
    filed.backupUntil = new Date(90_000);
    expect(await worker.runOnce()).to.equal(0);
    expect(await worker.figures()).to.include({ waiting: 1, pausedUntil: filed.backupUntil });
    filed.backupUntil = null;
    expect(await worker.runOnce()).to.equal(1);
    expect(filed.steps).to.deep.equal(['deleted a', 'marked a']);
  });

  it('asks for the backup after it has read what is due: what a later snapshot names is not among it', async () => {
    const order: string[] = [];
    filed.onDue = () => void order.push('due');
    filed.onLease = () => void order.push('lease');
    filed.onDelete = () => Promise.resolve(void order.push('delete'));
    filed.file('a');
    await worker.runOnce();
    expect(order).to.deep.equal(['due', 'lease', 'delete', 'due']);
  });

  it('tells how old bodies were when they were gone', async () => {
    expect(await worker.figures()).to.include({ erased: 0, ageP50Ms: null, ageP99Ms: null });
    for (const [name, due] of [
      ['a', 59_000],
      ['b', 58_000],
      ['c', 10_000],
    ] as const)
      filed.file(name, due);
    await worker.runOnce();
    expect(await worker.figures()).to.include({ waiting: 0, erased: 3, ageP50Ms: 2_000, ageP99Ms: 50_000 });
  });

  it('stops after the batch it is in', async () => {
    for (let at = 0; at < 1_000; at += 1) filed.file(`c${at}`);
    let stopped: Promise<void> | null = null;
    filed.onDelete = () => {
      stopped ??= worker.stop();
      return Promise.resolve();
    };
    await worker.runOnce();
    await (stopped ?? Promise.reject(new Error('nothing was deleted')));
    expect(filed.steps).to.have.lengthOf(2);
    worker.wake();
    expect(await worker.runOnce()).to.equal(0);
  });
});
