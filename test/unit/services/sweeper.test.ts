import { expect } from 'chai';
import { v7 } from 'uuid';
import { AppError } from '../../../src/domain/errors.js';
import type { BodyReferences, BodyStanding } from '../../../src/ports/body-references.js';
import type { ListedBody } from '../../../src/ports/body-store.js';
import type { Failpoint } from '../../../src/ports/failpoints.js';
import type { LeaseName } from '../../../src/ports/leases.js';
import { createSweeper, SWEEP_TIMES, type Sweeper, type SweepTimes } from '../../../src/services/integrity/sweeper.js';
import { systemClock } from '../../../src/telemetry/clock.js';

const NOW = 1_800_000_000_000;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A body store, the metadata about it and the leases, in memory; notes what happened in which order. */
class World {
  readonly steps: string[] = [];
  readonly names = new Map<string, string>();
  readonly standings = new Map<string, BodyStanding>();
  readonly lockedStandings = new Map<string, BodyStanding>();
  readonly leases = new Map<LeaseName, { holder: string; until: number }>();
  readonly warnings: string[] = [];
  readonly looked: string[] = [];
  stuckChat = 0;
  now = NOW;
  lockedNow = NOW;
  bodies: ListedBody[] = [];
  onPlace: (place: Failpoint) => void = () => undefined;

  /** A body of the given age, `unnamed` unless something else is said. */
  put(name: string, ageMs: number, standing: BodyStanding = 'unnamed', chatId = 1): void {
    const id = v7({ msecs: NOW - ageMs }, new Uint8Array(16));
    this.names.set(hexOf(id), name);
    this.standings.set(name, standing);
    this.bodies.push({ id, messageId: id, chatId });
    this.bodies.sort((a, b) => Buffer.compare(a.id, b.id));
  }

  left(): string[] {
    return this.bodies.map((body) => this.nameOf(body.id)).sort();
  }

  nameOf(id: Uint8Array): string {
    return this.names.get(hexOf(id)) ?? 'nobody';
  }

  sweeper(times: Partial<SweepTimes> = {}): Sweeper {
    return createSweeper({
      bodies: {
        walk: (after, limit) => {
          const rest = this.bodies.filter(({ id }) => after === null || Buffer.compare(id, after) > 0);
          const bodies = rest.slice(0, limit);
          this.looked.push(...bodies.map(({ id }) => this.nameOf(id)));
          return Promise.resolve({
            bodies,
            malformed: 0,
            next: rest.length > limit ? (bodies.at(-1)?.id ?? null) : null,
          });
        },
        delete: (ids) => {
          const names = ids.map((id) => this.nameOf(id));
          this.steps.push(`delete ${names.join(' ')}`);
          this.bodies = this.bodies.filter(({ id }) => !names.includes(this.nameOf(id)));
          return Promise.resolve();
        },
      },
      references: this.references(),
      leases: {
        acquire: (name, holder, ms) => {
          const held = this.leases.get(name);
          if (held !== undefined && held.holder !== holder && held.until > this.now) return Promise.resolve(false);
          this.leases.set(name, { holder, until: this.now + ms });
          return Promise.resolve(true);
        },
        release: (name, holder) => {
          return Promise.resolve(this.leases.get(name)?.holder === holder && this.leases.delete(name));
        },
        holding: (name) => {
          const { holder, until } = this.leases.get(name) ?? { holder: '', until: 0 };
          return Promise.resolve(until > this.now ? { holder, until: new Date(until) } : null);
        },
        heldUntil: (name) => {
          const until = this.leases.get(name)?.until ?? 0;
          return Promise.resolve(until > this.now ? new Date(until) : null);
        },
      },
      failpoints: {
        hit: (place) => {
          this.steps.push(place);
          this.onPlace(place);
        },
      },
      clock: systemClock,
      logger: { ...silent, warn: (_facts, message) => void this.warnings.push(message) },
      times,
    });
  }

  private references(): BodyReferences {
    const standingsOf = (bodies: readonly ListedBody[], known: ReadonlyMap<string, BodyStanding>) =>
      bodies.map(({ id }) => known.get(this.nameOf(id)) ?? this.standings.get(this.nameOf(id)) ?? 'unnamed');
    return {
      now: () => Promise.resolve(new Date(this.now)),
      examine: (bodies) => Promise.resolve(standingsOf(bodies, new Map())),
      examineLocked: (chatId, bodies) => {
        this.steps.push(`look under the lock of ${chatId}`);
        if (chatId === this.stuckChat) return Promise.reject(new AppError('unavailable'));
        const standings = standingsOf(bodies, this.lockedStandings);
        return Promise.resolve({ now: new Date(this.lockedNow), standings });
      },
    };
  }
}

const silent = { debug: () => undefined, info: () => undefined, error: () => undefined };

function hexOf(id: Uint8Array): string {
  return Buffer.from(id).toString('hex');
}

describe('sweeper', () => {
  let world: World;
  let sweeper: Sweeper;
  beforeEach(() => {
    world = new World();
    sweeper = world.sweeper();
  });
  afterEach(() => sweeper.stop());

  it('removes what is old enough and named by nothing, and only that', async () => {
    world.put('orphan', 11 * MINUTE);
    world.put('young', 9 * MINUTE);
    world.put('named', 11 * MINUTE, 'named');
    const pass = await sweeper.runOnce('recent');
    expect(pass).to.include({ end: 'complete', orphans: 1, leftovers: 0, undecided: 0 });
    expect(world.left()).to.deep.equal(['named', 'young']);
    const { lastPassAt, ...figures } = await sweeper.figures();
    expect(lastPassAt).to.be.instanceOf(Date);
    expect(figures).to.include({ orphansRemoved: 1, leftoversRemoved: 0, undecided: 0 });
  });

  it('looks again under the lock, gives it back, and deletes after that', async () => {
    world.put('a', HOUR + 2);
    world.put('b', HOUR + 1, 'unnamed', 2);
    world.put('c', HOUR);
    await sweeper.runOnce('recent');
    expect(world.steps).to.deep.equal([
      'sweep.before_lock',
      'look under the lock of 1',
      'sweep.before_lock',
      'look under the lock of 2',
      'sweep.before_delete',
      'delete a c b',
      'sweep.after_delete',
    ]);
  });

  it('spares what was named by the time it had the lock', async () => {
    world.put('committed', HOUR);
    world.put('orphan', HOUR);
    world.lockedStandings.set('committed', 'named');
    await sweeper.runOnce('recent');
    expect(world.left()).to.deep.equal(['committed']);
  });

  it('tells the age by the clock under the lock', async () => {
    world.put('a', 11 * MINUTE);
    world.lockedNow = NOW - 2 * MINUTE;
    await sweeper.runOnce('recent');
    expect(world.left()).to.deep.equal(['a']);
  });

  it('removes what was taken for erased and is there, without a lock', async () => {
    world.put('deleted', HOUR, 'erased');
    expect(await sweeper.runOnce('recent')).to.include({ orphans: 0, leftovers: 1 });
    expect(world.steps.filter((step) => step.startsWith('look'))).to.deep.equal([]);
    expect(world.left()).to.deep.equal([]);
  });

  it('leaves a chat that it cannot lock to the next pass, and goes on', async () => {
    world.put('stuck', HOUR, 'unnamed', 7);
    world.put('orphan', HOUR);
    world.stuckChat = 7;
    expect(await sweeper.runOnce('full')).to.include({ end: 'complete', orphans: 1, undecided: 1 });
    expect(world.left()).to.deep.equal(['stuck']);
  });

  it('looks at the latest bodies as ever while a full pass leaves some undecided, and comes again in a day', async () => {
    world.put('stuck', 30 * DAY, 'unnamed', 7);
    world.stuckChat = 7;
    expect(await sweeper.runOnce()).to.include({ kind: 'full', end: 'complete', undecided: 1 });
    expect((await sweeper.figures()).fullPassDueAt).to.deep.equal(new Date(NOW + DAY));
    world.put('orphan', HOUR);
    expect(await sweeper.runOnce()).to.include({ kind: 'recent', orphans: 1, undecided: 0 });
    world.stuckChat = 0;
    world.now += DAY + 1;
    expect(await sweeper.runOnce()).to.include({ kind: 'full', orphans: 1, undecided: 0 });
    expect((await sweeper.figures()).fullPassDueAt).to.deep.equal(new Date(world.now + SWEEP_TIMES.fullIntervalMs));
  });

  it('covers two days, and once a week everything; the week outlives the process', async () => {
    world.put('ancient', 30 * DAY);
    world.put('old', 47 * HOUR);
    expect(await sweeper.runOnce()).to.include({ kind: 'full', orphans: 2 });
    world.put('ancient', 30 * DAY);
    world.put('old', 47 * HOUR);
    expect(await sweeper.runOnce()).to.include({ kind: 'recent', orphans: 1 });
    const next = world.sweeper();
    expect(await next.runOnce()).to.include({ kind: 'recent' });
    expect((await next.figures()).fullPassDueAt).to.deep.equal(new Date(NOW + SWEEP_TIMES.fullIntervalMs));
    world.now += 8 * DAY;
    expect(await next.runOnce()).to.include({ kind: 'full', orphans: 1 });
    expect(world.left()).to.deep.equal([]);
  });

  it('goes through many in steps, and not into what is too young', async () => {
    for (let index = 0; index < 1_200; index += 1) world.put(`b${index}`, HOUR, index % 3 === 0 ? 'unnamed' : 'named');
    for (let index = 0; index < 1_200; index += 1) world.put(`y${index}`, MINUTE);
    expect(await sweeper.runOnce('full')).to.include({ end: 'complete', orphans: 400 });
    expect(world.looked.filter((name) => name.startsWith('y')).length).to.be.below(600);
    expect(world.left()).to.have.lengthOf(2_000);
  });

  it('does not begin while another node is at it, and removes nothing once it has lost its lease', async () => {
    world.leases.set('sweep', { holder: 'another', until: NOW + MINUTE });
    world.put('orphan', HOUR);
    expect(await sweeper.runOnce()).to.include({ end: 'busy', looked: 0 });
    world.leases.delete('sweep');
    for (let index = 0; index < 600; index += 1) world.put(`b${index}`, HOUR);
    world.onPlace = (place) => {
      if (place === 'sweep.after_delete') world.leases.set('sweep', { holder: 'another', until: NOW + MINUTE });
    };
    expect(await sweeper.runOnce()).to.include({ end: 'busy', orphans: 500 });
    expect(world.leases.get('sweep')?.holder).to.equal('another');
  });

  it('does nothing while a backup is being made, and goes on where it was', async () => {
    const backup = { holder: 'backup', until: NOW + HOUR };
    world.leases.set('backup', backup);
    for (let index = 0; index < 1_200; index += 1) world.put(`b${index}`, HOUR);
    expect(await sweeper.runOnce()).to.include({ end: 'paused', looked: 0 });
    world.leases.delete('backup');
    world.onPlace = (place) => {
      if (place === 'sweep.after_delete') world.leases.set('backup', backup);
    };
    expect(await sweeper.runOnce('full')).to.include({ end: 'paused', orphans: 500 });
    expect(world.left()).to.have.lengthOf(700);
    world.onPlace = () => undefined;
    world.leases.delete('backup');
    world.looked.length = 0;
    expect(await sweeper.runOnce('full')).to.include({ end: 'complete', orphans: 700 });
    expect(world.looked).to.have.lengthOf(700);
  });

  it('stops after the step it is in', async () => {
    for (let index = 0; index < 1_200; index += 1) world.put(`b${index}`, HOUR);
    let stopped: Promise<void> | null = null;
    world.onPlace = (place) => {
      if (place === 'sweep.before_delete') stopped ??= sweeper.stop();
    };
    expect(await sweeper.runOnce('full')).to.include({ end: 'stopped', orphans: 500 });
    await (stopped ?? Promise.reject(new Error('nothing was deleted')));
    expect(world.leases.has('sweep')).to.equal(false);
    expect((await sweeper.figures()).fullPassDueAt).to.equal(null);
  });

  it('runs by itself, tries again after a failure and says so', async () => {
    world.put('orphan', HOUR);
    let failures = 2;
    world.onPlace = (place) => {
      if (place === 'sweep.before_delete' && failures-- > 0) throw new Error('away');
    };
    await sweeper.stop();
    sweeper = world.sweeper({ startDelayMs: 1, intervalMs: 1 });
    sweeper.start();
    const deadline = performance.now() + 5_000;
    while (world.left().length > 0 && performance.now() < deadline) await new Promise((r) => setTimeout(r, 5));
    expect(world.left()).to.deep.equal([]);
    expect(world.warnings).to.have.lengthOf(2);
  });
});
