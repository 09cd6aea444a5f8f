import { expect } from 'chai';
import { expectCode } from '../conformance/chat-store.fixtures.js';
import { openTestStores, type TestStores } from '../helpers/stores.js';
import { ACTIONS, connectionLost, deadlock, Faults, setScene, stateOf } from './scene.js';

describe('a transaction that the database gives up', () => {
  const faults = new Faults();
  let stores: TestStores;
  before(async () => {
    stores = await openTestStores(faults.hooks());
  });
  afterEach(() => faults.reset());
  after(() => stores.close());

  /** Runs the action with a fault at the n-th statement that writes; answers how many there were. */
  async function counting(run: () => Promise<unknown>, fault: (statement: number) => void): Promise<number> {
    let statements = 0;
    faults.onStatement = (_text, phase) => {
      if (phase === 'read') return;
      statements += 1;
      fault(statements);
    };
    try {
      await run();
    } finally {
      faults.reset();
    }
    return statements;
  }

  for (const [name, action] of Object.entries(ACTIONS)) {
    it(`is run again, whichever statement of ${name} it was`, async () => {
      const untouched = await setScene(stores);
      const statements = await counting(
        () => action(untouched),
        () => undefined,
      );
      const wanted = await stateOf(untouched);
      expect(statements).to.be.at.least(2);
      for (let failing = 1; failing <= statements; failing += 1) {
        const scene = await setScene(stores);
        await counting(
          () => action(scene),
          (statement) => {
            if (statement === failing) throw deadlock();
          },
        );
        expect(await stateOf(scene), `statement ${failing}`).to.deep.equal(wanted);
      }
    });

    it(`leaves nothing of ${name} behind when it never gets through`, async () => {
      for (const [phase, fault] of [
        ['write', connectionLost],
        ['commit', deadlock],
      ] as const) {
        const scene = await setScene(stores);
        const before = await stateOf(scene);
        let changes = 0;
        faults.onStatement = (text, at) => {
          // Embedded bodies are committed on their own, ahead of their rows; this is about the rows.
          if (/^(insert|update)/i.test(text) && !/into bodies/i.test(text)) changes += 1;
          if (changes > 0 && at === phase) throw fault();
        };
        await expectCode(action(scene), 'unavailable');
        faults.reset();
        expect(await stateOf(scene)).to.deep.equal(before);
      }
    });
  }
});
