import { expect } from 'chai';
import { createRandom } from '../../helpers/random.js';
import { waitUntil } from '../../helpers/servers/wait-until.js';
import { report, rounds } from '../figures.js';
import { expectSound } from './audit.js';
import { CHANGES, type Change } from './changes.js';
import { FaultServer } from './fault-server.js';
import type { FaultAction } from './orders.js';
import { openRaw } from './raw-stores.js';
import { strikeStatement } from './strike.js';

/** What goes on after a fault only takes longer: the short form leaves that out. */
const ACTIONS = rounds(1, 3) === 1 ? (['kill'] as const) : (['kill', 'stop', 'delay'] as const);
/** More than any change has. */
const MOST_STATEMENTS = 60;
/** As long as a deleted body may last. */
const ERASED_WITHIN_MS = 60_000;

/** Every body that deleted messages have had. */
const DELETED = `SELECT hex(o.body_id) AS body_id FROM old_bodies o
  JOIN message_metadata m ON m.message_id = o.message_id WHERE m.is_deleted = TRUE`;

interface Met {
  readonly text: string;
  readonly isDone: boolean;
}

/**
 * The statements of every change are places too, and so is the moment after each COMMIT: before one of them nothing has
 * happened, from it on everything has, and the client's retry ends at the same.
 */
describe('a fault at every statement of a change', function () {
  this.timeout(rounds(120_000, 600_000));
  const random = createRandom();
  /** A kill costs a start: in the short form one change is killed at each statement, the others at the first or last. */
  const chosen = random.below(CHANGES.length);
  const server = new FaultServer({ orphanAfterMs: 0 });
  const counted = { changes: 0, kill: 0, stop: 0, delay: 0, done: 0 };
  before(() => server.start());
  after(() => server.dispose());

  /** The change without a fault: what is seen then, and how many statements it took. */
  async function model(change: Change): Promise<{ readonly wanted: object; readonly statements: number }> {
    const prepared = await change.prepare(server.client);
    const { outcome, answer, met } = await strikeStatement(server, [change.place, 'kill'], MOST_STATEMENTS, () =>
      prepared.call(server.client),
    );
    expect(outcome, answer?.text).to.equal('done');
    return { wanted: await prepared.seen(server.client), statements: met.length };
  }

  /** Strikes the nth statement, and judges what came of the change and of its retry; null where it has fewer. */
  async function strikeAt(change: Change, wanted: object, action: FaultAction, nth: number): Promise<Met | null> {
    const prepared = await change.prepare(server.client);
    const before = await prepared.seen(server.client);
    const fault = [change.place, action] as const;
    const { outcome, hasStruck, met } = await strikeStatement(server, fault, nth, () => prepared.call(server.client));
    const text = met.at(-1) ?? 'nothing';
    const where = `${action} at statement ${nth}, ${text}: ${outcome}`;
    const found = await prepared.seen(server.client);
    const isDone = JSON.stringify(found) === JSON.stringify(wanted);
    expect(found, where).to.deep.equal(isDone ? wanted : before);
    // A killed server has not answered; everything else only takes longer.
    expect(outcome, where).to.equal(hasStruck && action === 'kill' ? 'unknown' : 'done');
    if (outcome === 'done') expect(isDone, where).to.equal(true);
    if (change.again !== null) {
      const retry = await prepared.call(server.client);
      expect(retry.status, `${where}, then ${retry.text}`).to.be.oneOf(isDone ? [change.again] : [200, 201]);
      expect(await prepared.seen(server.client), where).to.deep.equal(wanted);
    }
    return hasStruck ? { text, isDone } : null;
  }

  async function strikeAll(change: Change, wanted: object, action: FaultAction): Promise<readonly Met[]> {
    const met: Met[] = [];
    for (let nth = 1; nth < MOST_STATEMENTS; nth += 1) {
      const one = await strikeAt(change, wanted, action, nth);
      if (one === null) break;
      met.push(one);
    }
    return met;
  }

  for (const [index, change] of CHANGES.entries()) {
    const end = (index + chosen) % 2 === 0 ? 'first' : 'last';
    const isWhole = rounds(0, 1) === 1 || index === chosen;
    it(`${change.name}, at ${isWhole ? 'each' : `the ${end}`} (seed ${random.seed})`, async () => {
      const { wanted, statements } = await model(change);
      expect(statements).to.be.within(2, MOST_STATEMENTS - 1);
      for (const action of ACTIONS) {
        const met = isWhole
          ? await strikeAll(change, wanted, action)
          : [await strikeAt(change, wanted, action, end === 'first' ? 1 : statements)];
        const ends = met.map((one) => one?.isDone ?? null);
        const context = JSON.stringify(met);
        counted.changes += 1;
        counted[action] += met.length;
        counted.done += ends.filter((isDone) => isDone === true).length;
        expect(met.length, context).to.be.at.least(isWhole ? statements : 1);
        if (action !== 'kill') expect(new Set(ends), context).to.deep.equal(new Set([true]));
        else if (!isWhole) expect(ends, context).to.deep.equal([end === 'last']);
        else {
          // One moment at which all of it happens: never back, not before the first and not after the last.
          expect(ends, context).to.deep.equal([...ends].sort());
          expect([ends[0], ends.at(-1)], context).to.deep.equal([false, true]);
        }
      }
    });
  }

  async function expectErased(): Promise<void> {
    const raw = await openRaw(server.storage);
    try {
      const deleted = (await raw.query(DELETED)).map((row) => String(row['body_id']).toLowerCase());
      const left = new Set((await raw.bodies()).map((body) => body.id));
      expect(deleted).to.not.be.empty;
      expect(deleted.filter((id) => left.has(id))).to.deep.equal([]);
    } finally {
      await raw.close();
    }
  }

  it('left nothing lost, doubled, half made or behind', async () => {
    await server.order({ kind: 'sweep' });
    await waitUntil(expectErased, { what: 'the deleted bodies are gone', deadlineMs: ERASED_WITHIN_MS });
    await server.end('SIGTERM');
    const { orphans } = await expectSound(server.storage);
    expect(orphans).to.deep.equal([]);
    report('statements', { ...counted, 'whole change': CHANGES[chosen]?.name ?? 'none', damage: 0, orphans: 0 });
  });
});
