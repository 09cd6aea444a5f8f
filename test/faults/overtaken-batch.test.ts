import { expect } from 'chai';
import { AppError } from '../../src/domain/errors.js';
import type { Body, BodyStore } from '../../src/ports/body-store.js';
import type { Clock } from '../../src/ports/clock.js';
import type { MessageLog } from '../../src/ports/message-log.js';
import { createMessageLog } from '../../src/stores/sql/messages/index.js';
import { assertFresh, createMint } from '../../src/stores/sql/messages/append/minting.js';
import { systemClock } from '../../src/telemetry/clock.js';
import { contents, draft, expectCode, refusal, seqs, stored } from '../conformance/chat-store.fixtures.js';
import { openTestStores, type TestStores } from '../helpers/stores.js';
import { setScene } from './scene.js';

/** What happens between the writing of a body and the lock of its chat. */
describe('a batch that others overtake', () => {
  let stores: TestStores;
  before(async () => {
    stores = await openTestStores();
  });
  after(() => stores.close());

  /** A message log that lets `meanwhile` happen once its bodies are stored. */
  function overtaken(meanwhile: () => unknown, clock: Clock = systemClock): MessageLog {
    const { bodies } = stores;
    const insert = async (list: readonly Body[]): Promise<readonly number[]> => {
      const failed = await bodies.insert(list);
      await meanwhile();
      return failed;
    };
    const slow: BodyStore = { ...bodies, insert };
    return createMessageLog(stores.sql, slow, { clock, logger: { warn: () => undefined } });
  }

  it('refuses to commit a body that a sweeper may already take for an orphan', async () => {
    const { chatId, ada, messageId } = await setScene(stores);
    let late = 0;
    const clock: Clock = { now: () => systemClock.now(), monotonic: () => systemClock.monotonic() + late };
    const log = overtaken(() => {
      late += 6 * 60_000;
    }, clock);
    const before = (await stores.chats.view(chatId, ada.id)).chat;
    expect(refusal((await log.append([draft(chatId, ada, 'late')]))[0])).to.equal('unavailable');
    await expectCode(log.edit({ messageId, actorId: ada.id, content: 'late' }), 'unavailable');
    expect((await stores.chats.view(chatId, ada.id)).chat).to.deep.equal(before);
  });

  it('refuses of a batch only the body that is too old, and leaves no gap', async () => {
    const { chatId, ada, bob } = await setScene(stores);
    let late = 0;
    let readings = Infinity;
    const clock: Clock = {
      now: () => systemClock.now(),
      monotonic() {
        const time = systemClock.monotonic() + late;
        readings -= 1;
        if (readings === 0) late += 6 * 60_000;
        return time;
      },
    };
    const log = createMessageLog(stores.sql, stores.bodies, { clock, logger: { warn: () => undefined } });
    expect(stored((await log.append([draft(chatId, bob, 'before')]))[0]).seq).to.equal(2);
    // The first body is minted at the next reading; the process stands still before it mints the others.
    readings = 1;
    const outcomes = await log.append([
      draft(chatId, ada, 'old', 'k'),
      draft(chatId, bob, 'fresh'),
      draft(chatId, ada, 'fresh as well'),
    ]);
    expect(late, 'the process stood still').to.be.greaterThan(0);
    expect(refusal(outcomes[0])).to.equal('unavailable');
    expect(seqs(outcomes.slice(1).map(stored))).to.deep.equal([3, 4]);
    const again = (await log.append([draft(chatId, ada, 'old', 'k')]))[0];
    expect(again).to.deep.include({ ok: true, duplicate: false });
    expect(stored(again).seq).to.equal(5);
    const { items } = await log.window(chatId, bob.id, { kind: 'newest', limit: 4 });
    expect(contents(items)).to.deep.equal(['old', 'fresh as well', 'fresh', 'before']);
    expect((await stores.chats.view(chatId, ada.id)).chat.lastSeq).to.equal(5);
  });

  it("judges by the database's clock as well as by the process's own", () => {
    let now = 1_000_000;
    let monotonic = 5_000;
    const clock: Clock = { now: () => now, monotonic: () => monotonic };
    const mint = createMint(clock);
    expect(mint.synchronised()).to.equal(false);
    mint.observe(new Date(now + 3_600_000), clock.monotonic());
    const minted = mint.mint();
    expect(minted.at.getTime()).to.equal(now + 3_600_000);
    expect(Buffer.from(minted.id).readUIntBE(0, 6)).to.equal(minted.at.getTime());
    const later = (ms: number): Date => new Date(minted.at.getTime() + ms);
    const minutes = 60_000;
    // The machine's clock may be set as it likes; it is not asked.
    now = 0;
    assertFresh(minted, later(5 * minutes), clock);
    assertFresh(minted, later(-minutes), clock);
    expect(() => assertFresh(minted, later(5 * minutes + 1), clock)).to.throw(AppError);
    monotonic += 5 * minutes + 1;
    expect(() => assertFresh(minted, later(0), clock)).to.throw(AppError);
  });

  it('gives seqs without a gap to what is left of a batch when a key turns out to be taken', async () => {
    const { chatId, ada, bob } = await setScene(stores);
    const log = overtaken(() => stores.messages.append([draft(chatId, ada, 'mine', 'k')]));
    const outcomes = await log.append([
      draft(chatId, bob, 'a', 'k'),
      draft(chatId, ada, 'mine', 'k'),
      draft(chatId, bob, 'b'),
    ]);
    expect(outcomes.map((outcome) => outcome.ok && outcome.duplicate)).to.deep.equal([false, true, false]);
    expect(seqs(outcomes.map(stored))).to.deep.equal([3, 2, 4]);
    const { chat } = await stores.chats.view(chatId, ada.id);
    expect(chat).to.include({ lastSeq: 4, rev: 6 });
  });

  it('answers a repeat that was committed after the look-up and before its sender was removed', async () => {
    const { chatId, ada, bob } = await setScene(stores);
    const log = overtaken(async () => {
      await stores.messages.append([draft(chatId, bob, 'said', 'k')]);
      await stores.chats.removeParticipant(chatId, ada.id, bob.id, 'remove');
    });
    const outcomes = await log.append([draft(chatId, bob, 'said', 'k'), draft(chatId, bob, 'more', 'k2')]);
    expect(outcomes[0]).to.deep.include({ ok: true, duplicate: true, event: null });
    expect(stored(outcomes[0]).seq).to.equal(2);
    expect(refusal(outcomes[1])).to.equal('chat_not_found');
  });
});
