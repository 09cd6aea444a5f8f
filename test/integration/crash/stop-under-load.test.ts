import { expect } from 'chai';
import { CrashHarness } from './harness.js';
import { expectAcknowledged, historyOf, newLedger, retryAll, sendUntilClosed } from './senders.js';

const SENDERS = 4;
const STOP_AFTER_ACKS = 40;

describe('SIGTERM under load', function () {
  this.timeout(60_000);
  const server = new CrashHarness();
  after(() => server.dispose());

  it('answers what is in flight, closes sockets with 1012 and exits 0 within ten seconds', async () => {
    let client = await server.start();
    const [owner, ...members] = await client.registerUsers(SENDERS);
    if (owner === undefined) throw new Error('no users');
    const chat = await client.createGroup(owner, members);
    const ledgers = [owner, ...members].map(newLedger);

    let acks = 0;
    let began = 0;
    let exit: Promise<number | string | null> = Promise.resolve(null);
    const onAck = (): void => {
      acks += 1;
      if (acks !== STOP_AFTER_ACKS) return;
      began = performance.now();
      exit = server.end('SIGTERM');
    };
    const ends = await Promise.all(ledgers.map((ledger) => sendUntilClosed(client, chat.id, ledger, 'load', onAck)));
    expect(await exit).to.equal(0);
    expect(performance.now() - began).to.be.below(10_000);
    expect(ends.map((end) => end.code)).to.deep.equal(ends.map(() => 1012));

    client = await server.start();
    expectAcknowledged(await historyOf(client, owner, chat.id), ledgers);
    await retryAll(client, chat.id, ledgers);
    const contents = (await historyOf(client, owner, chat.id)).map((message) => message.content);
    expect(new Set(contents).size).to.equal(contents.length);
    expect(contents.length).to.equal(ledgers.flatMap((ledger) => ledger.sent).length);
  });
});
