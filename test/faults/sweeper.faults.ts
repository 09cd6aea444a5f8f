import { setImmediate as turn } from 'node:timers/promises';
import { expect } from 'chai';
import type { User } from '../../src/domain/user.js';
import type { BodyReferences } from '../../src/ports/body-references.js';
import type { Clock } from '../../src/ports/clock.js';
import type { Failpoint } from '../../src/ports/failpoints.js';
import type { MessageLog } from '../../src/ports/message-log.js';
import { createSweeper, type Sweeper } from '../../src/services/integrity/sweeper.js';
import { verify } from '../../src/services/integrity/verify/verify.js';
import { createMessageLog } from '../../src/stores/sql/messages/index.js';
import { systemClock } from '../../src/telemetry/clock.js';
import { at, draft, group, people, send, stored } from '../conformance/chat-store.fixtures.js';
import { isSplit, report, rounds } from './figures.js';
import { openTestStores, silentLogger, type TestStores } from '../helpers/stores.js';

/** Where a committer may stand still. What has passed its check of the clocks holds the chat's lock. */
const PLACES = {
  append: ['append.before_bodies', 'append.after_bodies', 'append.locked', 'append.inserted', 'append.before_commit'],
  edit: ['edit.before_body', 'edit.after_body', 'edit.before_commit'],
} as const satisfies Record<string, readonly Failpoint[]>;

/** Longer than a body may take from its minting to its commit. */
const STALL_MS = 6 * 60_000;
const ROUNDS = rounds(250, 1_000);
/** Most turns of the loop between two steps of either side. */
const TURNS = 12;

/** A small generator with a printable seed (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A process that stands still at a place, for longer than a body may wait, while the world goes on. */
class StalledProcess {
  #offset = 0;
  #place: Failpoint | null = null;
  #gate: Promise<void> = Promise.resolve();
  #onStalled: () => void = () => undefined;
  open: () => void = () => undefined;
  readonly log: MessageLog;

  constructor({ sql, bodies }: TestStores) {
    const clock: Clock = { now: () => systemClock.now(), monotonic: () => systemClock.monotonic() + this.#offset };
    const failpoints = { hit: (name: Failpoint) => this.#hit(name) };
    this.log = createMessageLog(sql, bodies, { clock, logger: silentLogger, failpoints });
  }

  /** Resolves when the process stands still; `open` lets it go on. */
  stallAt(place: Failpoint): Promise<void> {
    this.#place = place;
    this.#gate = new Promise((resolve) => (this.open = resolve));
    return new Promise((resolve) => (this.#onStalled = resolve));
  }

  async #hit(name: Failpoint): Promise<void> {
    if (name !== this.#place) return;
    this.#place = null;
    this.#offset += STALL_MS;
    this.#onStalled();
    await this.#gate;
  }
}

describe('a committer that stands still while orphans are swept', function () {
  this.timeout(240_000);
  const seed = Number(process.env['PARLEY_TEST_SEED'] ?? Date.now() % 2 ** 31);
  const random = randomFrom(seed);
  const pick = <T>(list: readonly T[]): T => at(list, Math.floor(random() * list.length));
  let stores: TestStores;
  let ada: User;
  let chats: readonly number[];
  let messages: { readonly id: number; content: string }[];
  let slow: StalledProcess;

  beforeEach(async () => {
    stores = await openTestStores();
    ada = at(await people(stores, 1), 0);
    chats = await Promise.all([1, 2, 3].map(async () => (await group(stores, [ada])).chat.id));
    messages = [];
    for (const chatId of chats) messages.push({ id: (await send(stores, chatId, ada, 'first')).id, content: 'first' });
    slow = new StalledProcess(stores);
  });
  afterEach(() => stores.close());

  async function turns(): Promise<void> {
    for (let left = Math.floor(random() * TURNS); left > 0; left -= 1) await turn();
  }

  /** On another node, without any grace: whatever a stalled process has written is old enough. */
  function sweeper(references: BodyReferences = stores.references): Sweeper {
    const clock = systemClock;
    const times = { orphanAfterMs: -60_000, windowMs: 60_000 };
    return createSweeper({
      ...stores,
      references,
      clock,
      logger: silentLogger,
      failpoints: { hit: turns },
      times,
    });
  }

  /** One process begins a send or an edit and stalls; another sweeps; the first goes on at some moment of that. */
  async function round(number: number, sweeping: Sweeper): Promise<'stored' | 'refused' | 'not stalled'> {
    const isEdit = random() < 0.4;
    const content = `content ${number}`;
    const message = pick(messages);
    const place = isEdit ? pick(PLACES.edit) : pick(PLACES.append);
    const stalled = slow.stallAt(place);
    const chatId = pick(chats);
    const work = isEdit
      ? slow.log.edit({ messageId: message.id, actorId: ada.id, content }).then(
          () => true,
          () => false,
        )
      : slow.log.append([draft(chatId, ada, content, `k${number}`)]).then(([outcome]) => outcome?.ok === true);
    const hasStalled = await Promise.race([stalled.then(() => true), work.then(() => false)]);
    if (!hasStalled) return 'not stalled';
    const swept = sweeping.runOnce('recent');
    await turns();
    slow.open();
    const isStored = await work;
    await swept;
    if (isEdit && isStored) message.content = content;
    if (!isEdit) {
      // The client repeats it; what was stored is found, what was not is stored now.
      const again = at(await stores.messages.append([draft(chatId, ada, content, `k${number}`)]), 0);
      expect(again.ok && again.duplicate).to.equal(isStored);
      messages.push({ id: stored(again).id, content });
    }
    return isStored ? 'stored' : 'refused';
  }

  async function problems(): Promise<Readonly<Record<string, number>>> {
    const eraser = { runOnce: () => Promise.resolve(0) };
    const checked = await verify({ ...stores, eraser }, { repair: false, orphanAfterMs: -60_000 });
    const counts = Object.entries(checked.problems).map(([kind, { count }]): [string, number] => [kind, count]);
    return Object.fromEntries(counts.filter(([, count]) => count > 0));
  }

  it(`loses no body in ${ROUNDS} interleavings, and leaves no orphan behind`, async () => {
    const ends = { stored: 0, refused: 0, 'not stalled': 0 };
    const sweeping = sweeper();
    for (let number = 0; number < ROUNDS; number += 1) ends[await round(number, sweeping)] += 1;
    await sweeping.runOnce('recent');
    const context = `seed ${seed}: ${JSON.stringify(ends)}`;
    const found = await problems();
    report('a committer stands still, orphans are swept', {
      rounds: ROUNDS,
      ...ends,
      problems: Object.keys(found).length,
    });
    expect(found, context).to.deep.equal({});
    expect(ends.stored, context).to.be.above(ROUNDS / 10);
    expect(ends.refused, context).to.be.above(ROUNDS / 10);
    for (const message of messages) {
      expect((await stores.messages.find(message.id, ada.id)).content, context).to.equal(message.content);
    }
  });

  // SQLite has one writer at a time: there the sweeper stands behind the whole transaction, lock or no lock.
  if (!isSplit()) return;

  /** A committer past its check of the clocks stands still before its COMMIT while a whole pass goes by. */
  async function passBeforeCommit(sweeping: Sweeper): Promise<Readonly<Record<string, number>>> {
    const stalled = slow.stallAt('append.before_commit');
    const work = slow.log.append([draft(at(chats, 0), ada, 'late', 'late')]);
    await stalled;
    await sweeping.runOnce('recent');
    slow.open();
    expect(at(await work, 0).ok).to.equal(true);
    return problems();
  }

  it('leaves a body alone whose chat is locked', async () => {
    expect(await passBeforeCommit(sweeper())).to.deep.equal({});
  });

  it('would be noticed if it looked without the lock', async () => {
    const { references } = stores;
    const sweeping = sweeper({
      ...references,
      examineLocked: async (_chatId, bodies) => ({
        now: await references.now(),
        standings: await references.examine(bodies),
      }),
    });
    expect(await passBeforeCommit(sweeping)).to.deep.equal({ dangling_messages: 1 });
  });
});
