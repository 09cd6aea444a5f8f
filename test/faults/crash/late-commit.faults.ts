import { expect } from 'chai';
import type { Failpoint } from '../../../src/ports/failpoints.js';
import type { ChatResource } from '../../../src/protocol/resources.js';
import { freshStorage, type FreshStorage } from '../../helpers/app.js';
import type { TestUser } from '../../helpers/client.js';
import { historyOf } from '../../integration/crash/senders.js';
import { isSplit, report, rounds } from '../figures.js';
import { audit, expectSound } from './audit.js';
import { FaultServer } from './fault-server.js';
import { TRANSPORTS, type Transport } from './transports.js';

/** Between the body and the lock. Behind it the clocks have been looked at, and the sweeper waits for the lock. */
const PLACES: readonly Failpoint[] = ['append.after_bodies', 'append.before_bodies'];
/** Longer than a body may take from its minting to its commit. */
const STALL_MS = 6 * 60_000;

/** Two server processes on the same databases: one stands still, the other sweeps without any grace. */
function lateCommits(): void {
  describe('a server that is stopped between body and transaction', function () {
    this.timeout(rounds(120_000, 1_200_000));
    let storage: FreshStorage;
    let slow: FaultServer;
    let other: FaultServer;
    let ann: TestUser;
    let chat: ChatResource;

    before(async () => {
      storage = await freshStorage();
      // Time that is skipped must not end the token.
      slow = new FaultServer({ storage, env: { ACCESS_TOKEN_EXPIRE_MINUTES: '10000' } });
      other = new FaultServer({ storage: { ...storage, remove: () => Promise.resolve() }, orphanAfterMs: 0 });
      const client = await slow.start();
      await other.start();
      ann = await client.registerUser();
      chat = await client.createGroup(ann, [await client.registerUser()]);
    });
    after(async () => {
      await other.dispose();
      await slow.dispose();
    });

    /** Answers how many orphans the other node took while the first one stood still. */
    async function stall(round: number, name: Failpoint, transport: Transport, skipMs: number): Promise<number> {
      const port = await transport.open(slow.client, ann, chat.id);
      const item = { clientMessageId: `${round}`, content: `late ${round}` };
      const armed = await slow.arm(name, 'stop', { skipMs });
      const answering = port.send(item);
      await armed.stopped();
      const left = (await audit(storage.env)).orphans.length;
      if (skipMs > 0) await other.order({ kind: 'sweep' });
      const swept = left - (await audit(storage.env)).orphans.length;
      slow.resume();
      const answer = await answering;
      if (skipMs > 0) expect(answer).to.deep.include({ outcome: 'refused', code: 'unavailable' });
      else expect(answer).to.deep.include({ outcome: 'stored', duplicate: false });
      expect(await port.send(item)).to.deep.include({ outcome: 'stored', duplicate: skipMs === 0 });
      await port.close();
      const listed = (await historyOf(other.client, ann, chat.id)).filter(({ content }) => content === item.content);
      expect(listed).to.have.length(1);
      return swept;
    }

    it('gives up what a sweeper may have taken, commits what it may not, and a retry makes it one', async () => {
      const figures = { late: 0, inTime: 0, sweptMeanwhile: 0 };
      for (let round = 0; round < rounds(6, 200); round += 1) {
        const isLate = round % 3 !== 2;
        const [place, transport] = [PLACES[round % 2], TRANSPORTS[(round >> 1) % 2]];
        if (place === undefined || transport === undefined) throw new Error('no such place or way in');
        figures.sweptMeanwhile += await stall(round, place, transport, isLate ? STALL_MS : 0);
        figures[isLate ? 'late' : 'inTime'] += 1;
      }
      await other.order({ kind: 'sweep' });
      await slow.end('SIGTERM');
      await other.end('SIGTERM');
      const { orphans } = await expectSound(storage.env);
      expect(orphans).to.deep.equal([]);
      expect(figures.sweptMeanwhile, 'bodies that were taken from under a committer').to.be.above(0);
      report('SIGSTOP between body and transaction', { ...figures, dangling: 0, orphans: 0 });
    });
  });
}

// On SQLite there is one process, and bodies are written by the transaction of their rows.
if (isSplit()) lateCommits();
