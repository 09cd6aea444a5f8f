import { expect } from 'chai';
import { FAILPOINTS, type Failpoint } from '../../../src/ports/failpoints.js';
import type { ChatResource } from '../../../src/protocol/resources.js';
import type { TestUser } from '../../helpers/client.js';
import { report } from '../figures.js';
import { audit, expectSound } from './audit.js';
import { FaultServer } from './fault-server.js';
import { FAULT_ACTIONS, type FaultAction } from './orders.js';
import { openRaw, plantBody, type RawStores } from './raw-stores.js';
import { strike } from './strike.js';

const PLACES: readonly Failpoint[] = FAILPOINTS.filter((name) => name.startsWith('sweep.'));
const HOUR_MS = 3_600_000;

/** Whatever ends, stops or delays a sweep: it takes what nothing names, if not now then later, and never anything else. */
describe('a fault at every place of a sweep', function () {
  this.timeout(120_000);
  const server = new FaultServer({ orphanAfterMs: 0 });
  const counted = { sweeps: 0, kills: 0 };
  let ann: TestUser;
  let chat: ChatResource;
  let messages = 0;

  before(async () => {
    const client = await server.start();
    ann = await client.registerUser();
    chat = await client.createGroup(ann, [await client.registerUser()]);
  });
  after(() => server.dispose());

  async function raw<T>(work: (stores: RawStores) => Promise<T>): Promise<T> {
    const stores = await openRaw(server.storage);
    return work(stores).finally(() => stores.close());
  }

  const orphans = async (): Promise<readonly string[]> => (await audit(server.storage)).orphans;

  async function say(content: string): Promise<void> {
    await server.client.send(ann, chat, content);
    messages += 1;
  }

  /** Plants an orphan and has it swept into the fault. Answers the orphan, and why the sweep failed where it did. */
  async function sweepInto(name: Failpoint, action: FaultAction): Promise<{ orphan: string; failure: string | null }> {
    return strike(server, [name, action], async () => {
      const orphan = await plantBody(server.storage, chat.id, HOUR_MS);
      const failure = await server.order({ kind: 'sweep' }).then(
        () => null,
        (error: unknown) => String(error),
      );
      return { orphan, failure };
    });
  }

  for (const name of PLACES) {
    for (const action of FAULT_ACTIONS) {
      it(`${action} at ${name}`, async () => {
        await say(`before ${action} at ${name}`);
        const { orphan, failure } = await sweepInto(name, action);
        counted.sweeps += 1;
        if (action === 'kill') counted.kills += 1;
        const goesOn = action === 'stop' || action === 'delay';
        expect(failure === null, failure ?? 'no failure').to.equal(goesOn);
        expect(await orphans()).to.deep.equal(goesOn || name === 'sweep.after_delete' ? [] : [orphan]);
        // The lease of a killed sweeper ends by itself after two minutes, for which nobody waits here.
        if (action === 'kill') await raw((stores) => stores.query(`DELETE FROM leases WHERE name = 'sweep'`));
        await say(`after ${action} at ${name}`);
        await server.order({ kind: 'sweep' });
        expect(await orphans()).to.deep.equal([]);
      });
    }
  }

  it('hit every place of a sweep, and every message has kept its body', async () => {
    const hits = new Set(server.hits());
    expect(PLACES.filter((name) => !hits.has(name))).to.deep.equal([]);
    await server.end('SIGTERM');
    const found = await expectSound(server.storage);
    expect(found.messages).to.equal(messages);
    expect(found.orphans).to.deep.equal([]);
    report('sweeps', { ...counted, places: `${PLACES.length}/${PLACES.length}`, dangling: 0, orphans: 0 });
  });
});
