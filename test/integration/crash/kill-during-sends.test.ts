import { expect } from 'chai';
import { CrashHarness } from './harness.js';
import { expectAcknowledged, historyOf, newLedger, retryAll, sendUntilClosed } from './senders.js';

const ROUNDS = 3;
const SENDERS = 4;
/** Enough that several batches have gone through and one is being written when the process is killed. */
const KILL_AFTER_ACKS = 60;

/** kill -9 in the middle of sends, again and again on the same data: what was acknowledged is there, once, in order. */
describe('kill -9 during sends', function () {
  this.timeout(120_000);
  const server = new CrashHarness();
  after(() => server.dispose());

  it('loses, doubles and reorders nothing that was acknowledged', async () => {
    let client = await server.start();
    const [owner, ...members] = await client.registerUsers(SENDERS);
    if (owner === undefined) throw new Error('no users');
    const chat = await client.createGroup(owner, members);
    const ledgers = [owner, ...members].map(newLedger);

    for (let round = 0; round < ROUNDS; round += 1) {
      let acks = 0;
      let killed: Promise<unknown> = Promise.resolve();
      const onAck = (): void => {
        acks += 1;
        if (acks === KILL_AFTER_ACKS) killed = server.end('SIGKILL');
      };
      const ends = await Promise.all(
        ledgers.map((ledger) => sendUntilClosed(client, chat.id, ledger, `r${round}`, onAck)),
      );
      await killed;
      expect(ends.map((end) => end.code)).to.deep.equal(ends.map(() => 1006));
      client = await server.start();
    }

    expectAcknowledged(await historyOf(client, owner, chat.id), ledgers);
    await retryAll(client, chat.id, ledgers);
    const final = await historyOf(client, owner, chat.id);
    expectAcknowledged(final, ledgers);
    const contents = final.map((message) => message.content);
    expect(new Set(contents).size, 'doubled').to.equal(contents.length);
    expect(contents.length).to.equal(ledgers.flatMap((ledger) => ledger.sent).length);
  });
});
