import { ORPHAN_AFTER_MS } from '../../../src/domain/body-id.js';
import { check, type Violation } from '../history/checker.js';
import { History } from '../history/recorder.js';
import { Bus } from './bus.js';
import { SimListener, SimRest } from './clients.js';
import { Disk } from './disk.js';
import { CORRECT, SimNode, type Parts } from './node.js';
import { Random } from './random.js';
import { Scheduler } from './scheduler.js';
import { Database, NO_FAULTS, type FaultRates } from './transactions.js';

const USERS = [1, 2, 3];
const CHATS = [1, 2];
const OPERATIONS = 14;
/** A schedule that takes more is stuck. */
const MOST_STEPS = 20_000;
const MINUTE = 60_000;

export interface ScheduleResult {
  readonly seed: number;
  readonly steps: number;
  readonly faults: number;
  readonly violations: readonly Violation[];
}

export interface ScheduleOptions {
  readonly parts?: Partial<Parts>;
  /** Over the random ones. */
  readonly rates?: Partial<FaultRates>;
}

/** Two nodes, three users, two chats and one seed: the same seed is the same history. */
export async function runSchedule(seed: number, options: ScheduleOptions = {}): Promise<ScheduleResult> {
  const schedule = new Schedule(seed, options);
  return schedule.run();
}

class Schedule {
  private readonly random: Random;
  private readonly sim: Scheduler;
  private readonly disk = new Disk();
  private readonly database: Database;
  private readonly bus: Bus;
  private readonly parts: Parts;
  private readonly history: History;
  private readonly nodes: SimNode[] = [];
  private readonly rest: readonly SimRest[];
  private readonly listeners: readonly SimListener[];
  private readonly running = new Set<Promise<unknown>>();
  private asked = 0;
  private steps = 0;
  private faults = 0;

  constructor(
    private readonly seed: number,
    { parts, rates }: ScheduleOptions,
  ) {
    this.random = new Random(seed);
    this.sim = new Scheduler(this.random);
    this.database = new Database(this.sim);
    this.bus = new Bus(this.sim, this.database);
    this.parts = { ...CORRECT, ...parts };
    this.history = new History(null, () => this.sim.stamp());
    for (const chat of CHATS) this.disk.addChat(chat, USERS);
    this.rest = USERS.map((user) => new SimRest(this.history, user));
    this.listeners = [2, 3, 2].map((user, at) => new SimListener(this.sim, this.history, user, at === 2 ? 2 : 1));
    this.database.rates = { ...this.someRates(), ...rates };
    for (let at = 0; at < 2; at += 1) this.nodes.push(this.start());
  }

  async run(): Promise<ScheduleResult> {
    while (this.asked < OPERATIONS || this.running.size > 0) {
      await this.advance();
      this.disturb();
      if (this.asked < OPERATIONS && this.random.chance(0.15)) this.ask();
    }
    await this.heal();
    const dump = this.disk.dump(this.sim.time, ORPHAN_AFTER_MS);
    const { seed, steps, faults } = this;
    return { seed, steps, faults, violations: check(this.history.entries, dump) };
  }

  private start(): SimNode {
    const { sim, disk, database, bus } = this;
    return new SimNode({ sim, disk, database, bus }, this.parts);
  }

  /** Most schedules have few kinds of faults, so that what is rare is not always hidden by what is frequent. */
  private someRates(): FaultRates {
    const rate = (): number => (this.random.chance(0.35) ? this.random.next() * 0.4 : 0);
    return {
      bodyLost: rate(),
      bodyLate: rate(),
      deadlock: rate(),
      refused: rate(),
      answerLost: rate(),
      commitLost: rate(),
      askLost: rate(),
      eventLost: rate(),
      eventTwice: rate(),
    };
  }

  private async advance(): Promise<void> {
    this.steps += 1;
    if (this.steps > MOST_STEPS) throw new Error(`seed ${this.seed}: stuck after ${MOST_STEPS} steps`);
    this.sim.pickOne();
    await Scheduler.settle();
  }

  /** Now and then the world outside does something. */
  private disturb(): void {
    const { random, sim, nodes } = this;
    if (random.chance(0.05)) random.pick(nodes).tick(1 + random.below(8));
    if (random.chance(0.02)) sim.time += random.below(4 * MINUTE);
    if (random.chance(0.02)) this.work(random.pick(nodes).sweep(ORPHAN_AFTER_MS));
    if (random.chance(0.02)) this.work(random.pick(nodes).erase());
    for (const listener of this.listeners) {
      if (!listener.isConnected && random.chance(0.2)) listener.connect(random.pick(nodes));
      else if (random.chance(0.01)) listener.drop();
    }
    if (!random.chance(0.01)) return;
    this.faults += 1;
    const at = random.below(nodes.length);
    nodes[at]?.kill();
    nodes[at] = this.start();
  }

  private ask(): void {
    const { random, nodes, rest } = this;
    this.asked += 1;
    const [chat, node, client] = [random.pick(CHATS), random.pick(nodes), random.pick(rest)];
    const name = `content ${this.asked}`;
    const dice = random.below(20);
    const [row] = this.disk
      .rowsOf(chat)
      .filter(({ deleted }) => !deleted)
      .slice(-1);
    if (dice < 8) return this.track(this.insist(client, chat, name));
    if (dice < 11) return this.pipeline(name);
    if (dice < 13 && row !== undefined) return this.track(this.owner(row.senderId).edit(node, row.id, name));
    if (dice < 15 && row !== undefined) return this.track(this.owner(row.senderId).delete(node, row.id));
    if (dice < 16) return this.track(this.owner(1).rename(node, chat, name));
    if (dice < 17) return this.track(this.owner(1).remove(node, chat, 3));
    if (dice < 18) return this.track(this.owner(1).add(node, chat, 3));
    this.track(client.list(node, chat));
  }

  private owner(user: number): SimRest {
    const found = this.rest.find((client) => client.user === user);
    if (found === undefined) throw new Error(`there is no user ${user}`);
    return found;
  }

  /** A client that repeats what it has no definite answer to, with the same key and on any node. */
  private async insist(client: SimRest, chat: number, content: string): Promise<void> {
    for (let tries = 0; tries < 3; tries += 1) {
      const outcome = await client.send(this.random.pick(this.nodes), chat, content, `key of ${content}`);
      if (outcome.phase === 'ok' && !this.random.chance(0.2)) return;
    }
  }

  private pipeline(name: string): void {
    const listener = this.random.pick(this.listeners);
    for (let count = 1; count <= 3; count += 1)
      this.track(listener.send(`${name}.${count}`, `key of ${name}.${count}`));
  }

  private track(work: Promise<unknown>): void {
    const done = work.finally(() => this.running.delete(done));
    this.running.add(done);
  }

  /** The work of a node that may be killed in it: nobody waits for it. */
  private work(work: Promise<void>): void {
    work.catch(() => undefined);
  }

  /** No more faults: everybody comes back, what is lost is noticed by ticks, orphans grow old and are swept. */
  private async heal(): Promise<void> {
    this.database.rates = NO_FAULTS;
    for (let round = 0; round < 40; round += 1) {
      for (const listener of this.listeners) {
        const isMember = this.disk.isIn(listener.chat, listener.user);
        if (!listener.isConnected && isMember) listener.connect(this.random.pick(this.nodes));
      }
      for (const node of this.nodes) node.tick(8);
      await this.drain();
    }
    this.sim.time += 2 * ORPHAN_AFTER_MS;
    for (const node of this.nodes) {
      this.work(node.sweep(ORPHAN_AFTER_MS));
      this.work(node.erase());
    }
    await this.drain();
    this.history.quiet();
  }

  private async drain(): Promise<void> {
    for (let quiet = 0; quiet < 3;) {
      await this.advance();
      quiet = this.sim.isIdle ? quiet + 1 : 0;
    }
  }
}
