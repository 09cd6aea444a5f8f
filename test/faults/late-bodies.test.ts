import { expect } from 'chai';
import type { Body } from '../../src/ports/body-store.js';
import type { Failpoints } from '../../src/ports/failpoints.js';
import type { MessageLog } from '../../src/ports/message-log.js';
import { createMessageLog } from '../../src/stores/sql/messages/index.js';
import { systemClock } from '../../src/telemetry/clock.js';
import { draft, refusal, stored } from '../conformance/chat-store.fixtures.js';
import { openTestStores, silentLogger, type TestStores } from '../helpers/stores.js';
import { setScene } from './scene.js';

describe('bodies that take their time', () => {
  let stores: TestStores;
  before(async () => {
    stores = await openTestStores();
  });
  after(() => stores.close());

  /** A message log whose bodies arrive when the test lets them. */
  function heldLog(): {
    readonly log: MessageLog;
    readonly calls: readonly number[];
    readonly locked: () => number;
    letThrough(): void;
  } {
    const waiting: (() => void)[] = [];
    const calls: number[] = [];
    let locked = 0;
    const failpoints: Failpoints = {
      hit(name) {
        if (name === 'append.locked') locked += 1;
      },
    };
    const insert = async (bodies: readonly Body[]): Promise<readonly number[]> => {
      calls.push(bodies.length);
      await new Promise<void>((resolve) => waiting.push(resolve));
      return stores.bodies.insert(bodies);
    };
    const deps = { clock: systemClock, logger: silentLogger, failpoints };
    return {
      log: createMessageLog(stores.sql, { ...stores.bodies, insert }, deps),
      calls,
      locked: () => locked,
      letThrough: () => waiting.shift()?.(),
    };
  }

  it('keep a chat locked for about a second at most, and go first from then on', async () => {
    const { chatId, ada, bob } = await setScene(stores);
    const held = heldLog();
    const slow = held.log.append([draft(chatId, ada, 'slow')]);
    // Needs the chat's lock, and gets it though the body is still on its way.
    await stores.chats.rename(chatId, ada.id, 'While it waits');
    held.letThrough();
    expect(stored((await slow)[0]).seq).to.equal(2);
    expect(held.calls, 'the body is written once').to.deep.equal([1]);
    const second = held.log.append([draft(chatId, bob, 'behind')]);
    const before = held.locked();
    await stores.chats.rename(chatId, ada.id, 'Not locked at all');
    expect(held.locked()).to.equal(before);
    held.letThrough();
    expect(stored((await second)[0]).seq).to.equal(3);
    expect(held.locked()).to.equal(before + 1);
  }).timeout(10_000);

  it('let a removal overtake them, which they notice', async () => {
    const { chatId, ada, bob } = await setScene(stores);
    const held = heldLog();
    const slow = held.log.append([draft(chatId, bob, 'late')]);
    await stores.chats.removeParticipant(chatId, ada.id, bob.id, 'remove');
    held.letThrough();
    const outcome = (await slow)[0];
    expect(outcome?.ok === true ? 'stored' : refusal(outcome)).to.equal('chat_not_found');
  }).timeout(10_000);

  it('what one node remembers of members grants nothing that another has taken away', async () => {
    const { chatId, ada, bob } = await setScene(stores);
    const node = createMessageLog(stores.sql, stores.bodies, { clock: systemClock, logger: silentLogger });
    const send = async (content: string) => (await node.append([draft(chatId, bob, content)]))[0];
    expect(stored(await send('known')).seq).to.equal(2);
    expect(stored(await send('known still')).seq).to.equal(3);
    await stores.chats.removeParticipant(chatId, ada.id, bob.id, 'remove');
    expect(refusal(await send('gone'))).to.equal('chat_not_found');
    await stores.chats.addParticipants(chatId, ada.id, [bob.id]);
    expect(stored(await send('back')).seq).to.equal(4);
    await stores.chats.setAdmin(chatId, ada.id, bob.id, true);
    expect(stored(await send('admin')).seq).to.equal(5);
  });
});
