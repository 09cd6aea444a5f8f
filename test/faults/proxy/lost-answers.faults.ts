import { expect } from 'chai';
import { openRaw } from '../crash/raw-stores.js';
import { isSplit, report, rounds } from '../figures.js';
import type { Operation } from '../history/entries.js';
import type { Outcome } from '../history/recorder.js';
import { askUnder } from './ask.js';
import { DONE_ALREADY, OPERATIONS } from './operations.js';
import type { Packet } from './framing.js';
import { startProxiedApp, type ProxiedApp } from './proxied-app.js';
import { judge, judgeSoFar, setFaultScene } from './scene.js';
import { commitOf, withoutCommit } from './transactions.js';

/** The row's bound for finding out; a silent server is noticed only by the statement's own time of 5 s before that. */
const RESOLVE_MS = 5_000;
const SILENCE_MS = 5_000;
/** What the machine may add where only one time is waited for: a second one would be five seconds more. */
const SLACK_MS = 4_000;

function lostAnswerSuite(): void {
  describe('a COMMIT and its answer on the way to MySQL', function () {
    this.timeout(120_000);
    let proxied: ProxiedApp;
    let slowest = 0;
    const counted: Record<string, number> = {};

    before(async () => {
      proxied = await startProxiedApp();
    });
    afterEach(() => {
      proxied.sql.heal();
      proxied.mongo.heal();
    });
    after(async () => {
      report('answers to COMMIT lost', { ...counted, 'slowest ms': Math.round(slowest) });
      await proxied.stop();
    });

    /** Asks once under the fault, and once more when it is over; both answers are judged with the stores. */
    async function tried(
      name: string,
      fault: (writes: RegExp) => { readonly hits: number },
    ): Promise<{ readonly first: Outcome<Operation>; readonly retry: Outcome<Operation>; readonly ms: number }> {
      const asked = await askUnder(proxied, name, fault);
      proxied.sql.heal();
      const retry = await asked.again();
      await asked.finish();
      counted[name] = (counted[name] ?? 0) + 1;
      return { first: asked.first, retry, ms: asked.ms };
    }

    const onReply = (kind: 'cut' | 'swallow') => (writes: RegExp) =>
      proxied.sql.when(commitOf(writes, 'reply'), { kind }, 1);

    function expectDone(name: string, { first, retry }: Awaited<ReturnType<typeof tried>>): void {
      expect(first.phase, JSON.stringify(first)).to.equal('ok');
      if ('message' in first && 'message' in retry) {
        expect(first.duplicate).to.equal(false);
        expect(retry).to.include({ message: first.message, seq: first.seq, duplicate: true });
      } else if (retry.phase === 'fail') {
        expect(DONE_ALREADY[name], 'a retry that is refused').to.include(retry.code);
      } else {
        expect(retry.phase).to.equal('ok');
      }
    }

    for (const name of Object.keys(OPERATIONS)) {
      it(`${name}: the connection breaks with the answer`, async () => {
        for (let round = 0; round < rounds(3, 25); round += 1) {
          const outcome = await tried(name, onReply('cut'));
          expectDone(name, outcome);
          expect(outcome.ms).to.be.below(RESOLVE_MS);
          slowest = Math.max(slowest, outcome.ms);
        }
      });

      it(`${name}: the packet with the COMMIT is lost`, async () => {
        const lose = (writes: RegExp) => proxied.sql.when(commitOf(writes, 'request'), { kind: 'cut' }, 1);
        const { first, retry } = await tried(name, lose);
        expect(first).to.deep.equal({ phase: 'fail', code: 'unavailable' });
        expect(retry.phase).to.equal('ok');
      });

      it(`${name}: all but the COMMIT arrives`, async () => {
        const lose = (writes: RegExp): { readonly hits: number } => {
          const isCommit = commitOf(writes, 'request');
          let at = 0;
          const noted = (packet: Packet): boolean => {
            if (!isCommit(packet)) return false;
            at = packet.connection;
            return true;
          };
          proxied.sql.when(noted, { kind: 'rewrite', bytes: withoutCommit }, 1);
          return proxied.sql.when(
            ({ direction, connection }) => direction === 'reply' && connection === at,
            { kind: 'cut' },
            1,
          );
        };
        const { first, retry } = await tried(name, lose);
        expect(first).to.deep.equal({ phase: 'fail', code: 'unavailable' });
        expect(retry.phase).to.equal('ok');
      });
    }

    for (const name of ['a send over REST', 'an edit', 'a rename']) {
      it(`${name}: the server falls silent instead of answering`, async () => {
        const outcome = await tried(name, onReply('swallow'));
        expectDone(name, outcome);
        expect(outcome.ms).to.be.below(SILENCE_MS + RESOLVE_MS);
      });
    }
  });

  describe('bodies on the way to MongoDB', function () {
    this.timeout(120_000);
    let proxied: ProxiedApp;
    before(async () => {
      // To the sweeper every body is old; by itself, beside the sends of these tests, it never begins.
      proxied = await startProxiedApp({ sweepTimes: { orphanAfterMs: -60_000, startDelayMs: 3_600_000 } });
    });
    afterEach(() => proxied.mongo.heal());
    after(() => proxied.stop());

    async function bodyIds(): Promise<readonly string[]> {
      const raw = await openRaw(proxied.storage.env);
      const bodies = await raw.bodies().finally(() => raw.close());
      return bodies.map((body) => body.id).sort();
    }

    /** One pass takes the bodies that no row names, and leaves all others. */
    async function expectSwept(orphans: readonly string[]): Promise<void> {
      const before = await bodyIds();
      const pass = await proxied.app.sweeper.runOnce('full');
      expect(pass).to.include({ end: 'complete', orphans: orphans.length, leftovers: 0, undecided: 0 });
      expect(await bodyIds()).to.deep.equal(before.filter((id) => !orphans.includes(id)));
    }

    const isInsert = (direction: Packet['direction']) => (packet: Packet) =>
      packet.command === 'insert' && packet.direction === direction;

    for (const name of ['a send over REST', 'a send over a socket', 'an edit']) {
      for (const kind of ['cut', 'swallow'] as const) {
        const how = kind === 'cut' ? 'breaks with' : 'is silent instead of';
        it(`${name}: the connection ${how} the answer to the insert`, async () => {
          const asked = await askUnder(proxied, name, () => proxied.mongo.when(isInsert('reply'), { kind }, 1));
          expect(asked.first).to.deep.equal({ phase: 'fail', code: 'unavailable' });
          expect(asked.ms).to.be.below(SILENCE_MS + SLACK_MS);
          expect((await asked.again()).phase).to.equal('ok');
          const orphans = await asked.finish();
          expect(orphans, 'orphans').to.have.length(asked.orphansBefore.length + 1);
          await expectSwept(orphans);
        });
      }
    }

    it('an insert lands after its sender has given up', async () => {
      const scene = await setFaultScene(proxied);
      const { ada, chat } = scene;
      const orphans = await judgeSoFar(proxied, scene);
      const late = proxied.mongo.when(isInsert('request'), { kind: 'hold' }, 1);
      expect(await ada.send(chat, 'late', 'late')).to.deep.equal({ phase: 'fail', code: 'unavailable' });
      expect(await ada.send(chat, 'late', 'late')).to.deep.include({ phase: 'ok', duplicate: false });
      expect(await judgeSoFar(proxied, scene), 'orphans before').to.have.length(orphans.length);
      const landed = new Promise<void>((resolve) => {
        proxied.mongo.when((packet) => isInsert('reply')(packet) && (resolve(), true), { kind: 'swallow' }, 1);
      });
      late.release();
      await landed;
      expect(await judge(proxied, scene), 'orphans after').to.have.length(orphans.length + 1);
      expect(await ada.send(chat, 'late', 'late')).to.deep.include({ phase: 'ok', duplicate: true });
    });
  });
}

if (isSplit()) lostAnswerSuite();
