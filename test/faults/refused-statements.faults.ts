import { expect } from 'chai';
import { expectCode } from '../conformance/chat-store.fixtures.js';
import { openTestStores, type TestStores } from '../helpers/stores.js';
import { rounds } from './figures.js';
import { ACTIONS, driverError, Faults, setScene, stateOf } from './scene.js';

/** What MySQL and MariaDB say when they give a transaction, or a wait in it, up. */
const GIVEN_UP = [
  ['a deadlock', 'ER_LOCK_DEADLOCK', 1213],
  ['a lock wait that is too long', 'ER_LOCK_WAIT_TIMEOUT', 1205],
  ['a record that has changed', 'ER_CHECKREAD', 1020],
] as const;

/** The first try and three more. */
const TRIES = 4;

describe('a statement that the database refuses every time', () => {
  const faults = new Faults();
  let stores: TestStores;
  before(async () => {
    stores = await openTestStores(faults.hooks());
  });
  afterEach(() => faults.reset());
  after(() => stores.close());

  /** The statements of the action's transaction that changes rows, in order; bodies of their own transaction are not it. */
  async function statementsOf(action: (typeof ACTIONS)[string]): Promise<readonly string[]> {
    const scene = await setScene(stores);
    const texts: string[] = [];
    faults.onStatement = (text, phase) => {
      if (phase !== 'read') texts.push(text);
    };
    await action(scene);
    faults.reset();
    return [...new Set(texts.filter((text) => !/into bodies|^(START|BEGIN|ROLLBACK)/i.test(text)))];
  }

  for (const [name, action] of Object.entries(ACTIONS)) {
    it(`ends ${name} after ${TRIES} tries, whichever statement it is, with nothing done`, async () => {
      const statements = await statementsOf(action);
      expect(statements.length).to.be.greaterThan(1);
      // The short form refuses each statement in one way, all three in turn.
      const isLong = rounds(0, 1) === 1;
      for (const [turn, refused] of statements.entries()) {
        for (const [what, code, errno] of isLong ? GIVEN_UP : [GIVEN_UP[turn % 3] ?? GIVEN_UP[0]]) {
          const scene = await setScene(stores);
          const before = await stateOf(scene);
          const isCommit = /^COMMIT$/i.test(refused);
          let tries = 0;
          let changed = false;
          faults.onStatement = (text, phase) => {
            changed ||= phase === 'write' && !/into bodies/i.test(text) && /^\s*(insert|update)/i.test(text);
            if (text !== refused || phase === 'read' || (isCommit && !changed)) return;
            tries += 1;
            changed = false;
            throw driverError(code, errno);
          };
          await expectCode(action(scene), 'unavailable');
          faults.reset();
          expect(tries, `${what} at ${refused.slice(0, 60)}`).to.equal(TRIES);
          expect(await stateOf(scene)).to.deep.equal(before);
          await action(scene);
        }
      }
    }).timeout(60_000);
  }
});
