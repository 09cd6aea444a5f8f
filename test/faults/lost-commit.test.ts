import { expect } from 'chai';
import { AppError } from '../../src/domain/errors.js';
import { at, draft, expectCode, refusal, stored } from '../conformance/chat-store.fixtures.js';
import { openTestStores, type TestStores } from '../helpers/stores.js';
import { ACTIONS, connectionLost, Faults, setScene, stateOf, type Scene } from './scene.js';

/** What a lost answer to a COMMIT comes to: the change is found and answered, or it is certain not to exist. */
describe('a COMMIT without an answer', () => {
  const faults = new Faults();
  let stores: TestStores;
  before(async () => {
    stores = await openTestStores(faults.hooks());
  });
  afterEach(() => faults.reset());
  after(() => stores.close());

  async function commitsOf(action: (scene: Scene) => Promise<unknown>): Promise<{ commits: number; wanted: object }> {
    const scene = await setScene(stores);
    let commits = 0;
    faults.afterCommit = () => {
      commits += 1;
    };
    await action(scene);
    faults.reset();
    return { commits, wanted: await stateOf(scene) };
  }

  for (const [name, action] of Object.entries(ACTIONS)) {
    it(`resolves ${name} when the answer is lost`, async () => {
      const { commits, wanted } = await commitsOf(action);
      for (let lost = 1; lost <= commits; lost += 1) {
        const scene = await setScene(stores);
        const before = await stateOf(scene);
        let commit = 0;
        faults.afterCommit = () => {
          commit += 1;
          if (commit === lost) throw connectionLost();
        };
        const problem: unknown = await action(scene).then(
          () => null,
          (error: unknown) => error,
        );
        faults.reset();
        // Embedded bodies are committed on their own, before any row: losing that answer stores nothing.
        if (lost === commits) expect(problem, 'the last commit').to.equal(null);
        if (problem !== null) expect(problem).to.be.instanceOf(AppError).with.property('code', 'unavailable');
        expect(await stateOf(scene)).to.deep.equal(problem === null ? wanted : before);
      }
    });

    it(`answers ${name} as not done when the COMMIT itself is lost`, async () => {
      const { commits } = await commitsOf(action);
      const scene = await setScene(stores);
      const before = await stateOf(scene);
      let commit = 0;
      faults.onStatement = (_text, phase) => {
        if (phase === 'commit') commit += 1;
        if (phase === 'commit' && commit === commits) throw connectionLost();
      };
      await expectCode(action(scene), 'unavailable');
      faults.reset();
      expect(await stateOf(scene)).to.deep.equal(before);
      await action(scene);
      expect(await stateOf(scene)).not.to.deep.equal(before);
    });
  }

  it('publishes what is found like any other commit', async () => {
    const scene = await setScene(stores);
    let lost = false;
    faults.onStatement = (text) => {
      lost ||= /insert into .?message_metadata/i.test(text);
    };
    faults.afterCommit = () => {
      if (!lost) return;
      faults.reset();
      throw connectionLost();
    };
    const { chatId, ada } = scene;
    const outcome = at(await stores.messages.append([draft(chatId, ada, 'found', 'k')]), 0);
    expect(outcome).to.deep.include({ ok: true, duplicate: false });
    expect(outcome.ok && outcome.event?.type).to.equal('new_message');
    expect(await stores.messages.find(stored(outcome).id, ada.id)).to.deep.equal(stored(outcome));
  });

  it('is indeterminate while the database cannot be asked, and a retry finds out', async () => {
    const { chatId, ada, messageId } = await setScene(stores);
    const breakAfter = (pattern: RegExp): void => {
      let seen = false;
      let broken = false;
      faults.onStatement = (text) => {
        if (broken) throw connectionLost();
        seen ||= pattern.test(text);
      };
      faults.afterCommit = () => {
        broken = seen;
        if (broken) throw connectionLost();
      };
    };
    breakAfter(/insert into .?message_metadata/i);
    const outcome = at(await stores.messages.append([draft(chatId, ada, 'where?', 'k')]), 0);
    expect(refusal(outcome)).to.equal('indeterminate');
    faults.reset();
    const retry = at(await stores.messages.append([draft(chatId, ada, 'where?', 'k')]), 0);
    expect(retry).to.deep.include({ ok: true, duplicate: true, event: null });
    breakAfter(/update .?message_metadata/i);
    const edit = { messageId, actorId: ada.id, content: 'edited' };
    await expectCode(stores.messages.edit(edit), 'indeterminate');
    faults.reset();
    expect(await stores.messages.edit(edit)).to.deep.include({ events: [] });
    expect((await stores.messages.find(messageId, ada.id)).version).to.equal(3);
  });
});
