import { expect } from 'chai';
import { FAILPOINTS, type Failpoint } from '../../../src/ports/failpoints.js';
import type { ChatResource } from '../../../src/protocol/resources.js';
import type { TestUser } from '../../helpers/client.js';
import { historyOf } from '../../integration/crash/senders.js';
import { report, rounds } from '../figures.js';
import { expectSound } from './audit.js';
import { FaultServer } from './fault-server.js';
import { FAULT_ACTIONS, type FaultAction } from './orders.js';
import { strike } from './strike.js';
import { TRANSPORTS, type Transport } from './transports.js';

const PLACES: readonly Failpoint[] = FAILPOINTS.filter((name) => /^(append|writer)\./.test(name));

/**
 * One send, one fault at one place of its path, over either way in: what is acknowledged is there, what is refused is not,
 * what is unknown is there once or not at all; and after a retry with the same client_message_id it is there once.
 */
describe('a fault at every place of the send path', function () {
  this.timeout(120_000);
  const server = new FaultServer({ orphanAfterMs: 0 });
  const counted = { sends: 0, kills: 0, stored: 0, unknown: 0, refused: 0 };
  let ann: TestUser;
  let chat: ChatResource;

  before(async () => {
    const client = await server.start();
    ann = await client.registerUser();
    chat = await client.createGroup(ann, [await client.registerUser()]);
  });
  after(() => server.dispose());

  async function inject(name: Failpoint, action: FaultAction, transport: Transport): Promise<void> {
    const item = {
      clientMessageId: `${name} ${action} ${transport.name}`,
      content: `${name} ${action} ${transport.name}`,
    };
    const port = await transport.open(server.client, ann, chat.id);
    const answer = await strike(server, [name, action], () => port.send(item));
    await port.close();
    if (action === 'kill') counted.kills += 1;
    counted.sends += 1;
    counted[answer.outcome] += 1;

    const found = (await historyOf(server.client, ann, chat.id)).filter((message) => message.content === item.content);
    if (answer.outcome === 'stored') expect(found.map((message) => message.id)).to.deep.equal([answer.messageId]);
    else if (answer.outcome === 'refused') expect(found, `refused with ${answer.code}`).to.deep.equal([]);
    else expect(found.length).to.be.at.most(1);
    // Nothing but the process's end or its own word leaves an outcome open.
    if (action === 'stop' || action === 'delay') expect(answer.outcome).to.equal('stored');

    const again = await transport.open(server.client, ann, chat.id);
    const retry = await again.send(item);
    await again.close();
    expect(retry).to.include({ outcome: 'stored', duplicate: found.length === 1 });
    const listed = (await historyOf(server.client, ann, chat.id)).filter((message) => message.content === item.content);
    expect(listed.map((message) => message.id)).to.deep.equal([retry.messageId]);
    if (found[0] !== undefined) expect(retry.messageId).to.equal(found[0].id);
  }

  for (const [index, name] of PLACES.entries()) {
    /** A kill costs a start, and below the edge both ways in are one: in the short form they take turns. */
    const killed = rounds(1, 2) === 1 ? TRANSPORTS.filter((_, way) => way === index % TRANSPORTS.length) : TRANSPORTS;
    for (const action of FAULT_ACTIONS) {
      const transports = action === 'kill' ? killed : TRANSPORTS;
      it(`${action} at ${name}, over ${transports.map((transport) => transport.name).join(' and ')}`, async () => {
        for (const transport of transports) await inject(name, action, transport);
      });
    }
  }

  it('hit every place, and left nothing lost, doubled or dangling', async () => {
    const hits = new Set(server.hits());
    expect(PLACES.filter((name) => !hits.has(name))).to.deep.equal([]);
    await server.order({ kind: 'sweep' });
    await server.end('SIGTERM');
    const { messages, orphans } = await expectSound(server.storage);
    expect(orphans).to.deep.equal([]);
    expect(messages).to.equal(counted.sends);
    report('sends', {
      ...counted,
      lost: 0,
      doubled: 0,
      dangling: 0,
      orphans: 0,
      places: `${PLACES.length}/${PLACES.length}`,
    });
  });
});
