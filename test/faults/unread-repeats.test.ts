import { expect } from 'chai';
import { AppError } from '../../src/domain/errors.js';
import { isDurable, type ChatEvent } from '../../src/domain/events.js';
import type { BodyStore } from '../../src/ports/body-store.js';
import type { AppendOutcome, MessageLog } from '../../src/ports/message-log.js';
import { createMessageWriter } from '../../src/services/messages/writer/index.js';
import { createMessageLog } from '../../src/stores/sql/messages/index.js';
import { systemClock } from '../../src/telemetry/clock.js';
import { at, contents, draft, refusal, send, stored } from '../conformance/chat-store.fixtures.js';
import { openTestStores, type TestStores } from '../helpers/stores.js';
import { setScene, type Scene } from './scene.js';

/** What still has to be read or tidied up after a batch's COMMIT decides nothing about what was stored. */
describe('a batch whose repeats cannot be read', () => {
  let stores: TestStores;
  before(async () => {
    stores = await openTestStores();
  });
  after(() => stores.close());

  function logWith(changed: Partial<BodyStore>): MessageLog {
    const logger = { warn: () => undefined };
    return createMessageLog(stores.sql, { ...stores.bodies, ...changed }, { clock: systemClock, logger });
  }

  /** One repeat in the middle of two fresh sends. */
  function batch({ chatId, ada, bob }: Scene) {
    return [draft(chatId, bob, 'before'), draft(chatId, ada, 'said', 'k'), draft(chatId, ada, 'after', 'k2')];
  }

  async function sceneWithRepeat(): Promise<Scene> {
    const scene = await setScene(stores);
    await send(stores, scene.chatId, scene.ada, 'said', 'k');
    return scene;
  }

  async function expectFreshStored(scene: Scene, outcomes: readonly AppendOutcome[]): Promise<void> {
    const fresh = [at(outcomes, 0), at(outcomes, 2)];
    expect(fresh.map((outcome) => stored(outcome).seq)).to.deep.equal([3, 4]);
    expect(fresh.map((outcome) => outcome.ok && outcome.event?.type)).to.deep.equal(['new_message', 'new_message']);
    const { items } = await stores.messages.window(scene.chatId, scene.ada.id, { kind: 'newest', limit: 10 });
    expect(contents(items)).to.deep.equal(['after', 'before', 'said', 'two']);
  }

  const FAILURES: Readonly<Record<string, () => Error>> = {
    'is away': () => new AppError('unavailable'),
    'fails in an unforeseen way': () => new TypeError('injected'),
  };

  for (const [name, failure] of Object.entries(FAILURES)) {
    it(`answers what it stored, with its events, when the body store ${name}`, async () => {
      const scene = await sceneWithRepeat();
      const log = logWith({ find: () => Promise.reject(failure()) });
      const outcomes = await log.append(batch(scene));
      await expectFreshStored(scene, outcomes);
      expect(refusal(outcomes[1])).to.equal('unavailable');
      const again = at(await stores.messages.append([draft(scene.chatId, scene.ada, 'said', 'k')]), 0);
      expect(again).to.deep.include({ ok: true, duplicate: true, event: null });
    });

    it(`goes on when the bodies of repeats stay behind because the body store ${name}`, async () => {
      const scene = await sceneWithRepeat();
      const log = logWith({ delete: () => Promise.reject(failure()) });
      const outcomes = await log.append(batch(scene));
      await expectFreshStored(scene, outcomes);
      expect(outcomes[1]).to.deep.include({ ok: true, duplicate: true, event: null });
      expect(stored(outcomes[1]).content).to.equal('said');
    });
  }

  it('still tells other content and a deleted message, for which no body is needed', async () => {
    const scene = await sceneWithRepeat();
    const { chatId, ada } = scene;
    const gone = await send(stores, chatId, ada, 'gone', 'deleted');
    await stores.messages.remove(gone.id, ada.id);
    const log = logWith({ find: () => Promise.reject(new AppError('unavailable')) });
    const outcomes = await log.append([
      draft(chatId, ada, 'something else', 'k'),
      draft(chatId, ada, 'gone', 'deleted'),
      draft(chatId, ada, 'fresh'),
    ]);
    expect(refusal(outcomes[0])).to.equal('client_message_id_reused');
    expect(outcomes[1]).to.deep.include({ ok: true, duplicate: true, event: null });
    expect(stored(outcomes[1])).to.include({ isDeleted: true, content: null });
    expect(stored(outcomes[2]).content).to.equal('fresh');
  });

  it('does not hold up what it stored for a body store that falls silent', async () => {
    const scene = await sceneWithRepeat();
    const silent = (): Promise<never> => new Promise(() => undefined);
    const outcomes = await logWith({ find: silent, delete: silent }).append(batch(scene));
    await expectFreshStored(scene, outcomes);
    expect(refusal(outcomes[1])).to.equal('unavailable');
  });

  it('publishes what it stored', async () => {
    const scene = await sceneWithRepeat();
    const published = new Promise<readonly ChatEvent[]>((resolve) => {
      const log = logWith({ find: () => Promise.reject(new AppError('unavailable')) });
      const writer = createMessageWriter(log, resolve);
      for (const each of batch(scene)) void writer.write(each);
    });
    expect((await published).map((event) => isDurable(event) && event.rev)).to.deep.equal([5, 6]);
  });
});
