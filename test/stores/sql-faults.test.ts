import { inspect } from 'node:util';
import { expect } from 'chai';
import { eq } from 'drizzle-orm';
import { AppError } from '../../src/domain/errors.js';
import type { Phase, Session } from '../../src/stores/sql/database.js';
import { expectCode } from '../conformance/chat-store.fixtures.js';
import { openTestStores, type TestStores } from '../helpers/stores.js';

const SECRET = 'planted-secret-value';

/** An error as mysql2 makes them, full of what must not get out. */
function driverError(code: string, errno: number, sqlState = 'HY000'): Error {
  return Object.assign(new Error(`${code}: near '${SECRET}'`), {
    code,
    errno,
    sqlState,
    sqlMessage: `near '${SECRET}'`,
    sql: `INSERT INTO users VALUES ('${SECRET}')`,
  });
}

const GIVEN_UP = [
  ['ER_LOCK_DEADLOCK', 1213],
  ['ER_LOCK_WAIT_TIMEOUT', 1205],
  ['ER_CHECKREAD', 1020],
] as const;

describe('the SQL seam when the driver fails', () => {
  let stores: TestStores;
  let onStatement: ((text: string, phase: Phase) => void | Promise<void>) | null = null;
  let afterCommit: (() => void) | null = null;

  before(async () => {
    stores = await openTestStores({
      onStatement: (text, phase) => onStatement?.(text, phase),
      afterCommit: () => afterCommit?.(),
    });
    await stores.users.create({ username: 'counter', email: 'c@example.org', fullName: '0', hashedPassword: 'h' });
  });
  afterEach(() => {
    onStatement = null;
    afterCommit = null;
  });
  after(() => stores.close());

  /** Adds one under the row's lock: four statements with BEGIN and COMMIT. */
  function increment(onRun: () => void = () => undefined): Promise<void> {
    const { users } = stores.sql.tables;
    return stores.sql.transaction(async (tx) => {
      onRun();
      const [row] = await tx.lock(tx.db.select().from(users).where(eq(users.usernameKey, 'counter')));
      await tx.db
        .update(users)
        .set({ fullName: String(Number(row?.fullName) + 1) })
        .where(eq(users.usernameKey, 'counter'));
    });
  }

  async function count(): Promise<number> {
    return Number((await stores.users.findByLogin('counter'))?.user.fullName);
  }

  /** The error that a promise is rejected with. */
  async function failureOf(work: Promise<unknown>): Promise<unknown> {
    return work.then(
      () => 'resolved',
      (error: unknown) => error,
    );
  }

  function throwAt(index: number, error: () => Error, times = 1): void {
    let statement = -1;
    let thrown = 0;
    onStatement = (text) => {
      if (/^(START|BEGIN)/.test(text)) statement = -1;
      statement += 1;
      if (statement !== index || thrown === times) return;
      thrown += 1;
      throw error();
    };
  }

  const statements = ['BEGIN', 'the locking read', 'the update', 'COMMIT'];
  for (const [index, name] of statements.entries()) {
    for (const [code, errno] of GIVEN_UP) {
      it(`runs the whole transaction again after ${errno} at ${name}`, async () => {
        const before = await count();
        let runs = 0;
        throwAt(index, () => driverError(code, errno), 3);
        await increment(() => (runs += 1));
        onStatement = null;
        expect(await count()).to.equal(before + 1);
        expect(runs).to.equal(index === 0 ? 1 : 4);
      });
    }

    it(`gives up after three repetitions at ${name}, with nothing done`, async () => {
      const before = await count();
      throwAt(index, () => driverError('ER_LOCK_DEADLOCK', 1213), Number.POSITIVE_INFINITY);
      await expectCode(increment(), 'unavailable');
      onStatement = null;
      expect(await count()).to.equal(before);
    });

    it(`says ${name === 'COMMIT' ? 'indeterminate' : 'unavailable'} when the connection breaks at ${name}`, async () => {
      const before = await count();
      throwAt(index, () => driverError('ECONNRESET', -104));
      await expectCode(increment(), name === 'COMMIT' ? 'indeterminate' : 'unavailable');
      onStatement = null;
      expect(await count()).to.equal(before);
      await increment();
      expect(await count()).to.equal(before + 1);
    });
  }

  it('says indeterminate of a commit that happened but whose answer was lost', async () => {
    const before = await count();
    afterCommit = () => {
      throw driverError('PROTOCOL_CONNECTION_LOST', -1);
    };
    await expectCode(increment(), 'indeterminate');
    afterCommit = null;
    expect(await count()).to.equal(before + 1);
  });

  it('does not commit for a callback that swallowed a failure', async () => {
    const { users } = stores.sql.tables;
    const before = await count();
    throwAt(1, () => driverError('ER_LOCK_DEADLOCK', 1213), Number.POSITIVE_INFINITY);
    const work = stores.sql.transaction(async (tx) => {
      await failureOf(Promise.resolve(tx.db.select().from(users)));
      await failureOf(Promise.resolve(tx.db.update(users).set({ fullName: '999' })));
    });
    await expectCode(work, 'unavailable');
    onStatement = null;
    expect(await count()).to.equal(before);
  });

  it('keeps nothing locked when ROLLBACK fails, too', async () => {
    const before = await count();
    onStatement = (text) => {
      if (/^(update|ROLLBACK)/i.test(text)) throw driverError('ECONNRESET', -104);
    };
    await expectCode(increment(), 'unavailable');
    onStatement = null;
    await increment();
    expect(await count()).to.equal(before + 1);
  });

  it('says unavailable of reads and snapshots that fail, and serves the next', async () => {
    const read = (session: Session) => session.query('SELECT 1 AS one');
    for (const reading of ['read', 'snapshot'] as const) {
      onStatement = () => {
        throw driverError('ECONNRESET', -104);
      };
      await expectCode(stores.sql[reading](read), 'unavailable');
      onStatement = null;
      expect(await stores.sql[reading](read)).to.deep.equal([{ one: 1 }]);
    }
  });

  it('hands on an AppError of a read as it is, and what is no driver error', async () => {
    await expectCode(
      stores.sql.snapshot(() => Promise.reject(new AppError('chat_not_found'))),
      'chat_not_found',
    );
    const bug = new TypeError('a bug');
    expect(await failureOf(stores.sql.read(() => Promise.reject(bug)))).to.equal(bug);
    expect(await failureOf(stores.sql.transaction(() => Promise.reject(bug)))).to.equal(bug);
    onStatement = () => {
      throw bug;
    };
    expect(await failureOf(increment())).to.equal(bug);
  });

  describe('leaves values behind', () => {
    const { POSITIVE_INFINITY } = Number;
    const plantings: Readonly<Record<string, () => Promise<unknown>>> = {
      'an injected error': () => {
        throwAt(2, () => driverError('ER_SOMETHING', 4_242), POSITIVE_INFINITY);
        return increment();
      },
      'an injected error with a planted code': () => {
        throwAt(2, () => driverError(SECRET, 4_242, SECRET), POSITIVE_INFINITY);
        return increment();
      },
      'an error at COMMIT': () => {
        throwAt(3, () => driverError('ER_SOMETHING', 4_242), POSITIVE_INFINITY);
        return increment();
      },
      'a broken rule': () =>
        stores.sql.transaction((tx) => tx.run('INSERT INTO users (username) VALUES (?)', [SECRET])),
      'a collision': () =>
        stores.sql.transaction(async (tx) => {
          const row = { username: SECRET, usernameKey: SECRET, usernameSearch: '', email: '', hashedPassword: SECRET };
          const { users } = stores.sql.tables;
          await tx.db.insert(users).values({ ...row, emailKey: 'x', createdAt: new Date() });
          await tx.db.insert(users).values({ ...row, emailKey: 'y', createdAt: new Date() });
        }),
      'wrong SQL': () => stores.sql.read((session) => session.query(`SELEC '${SECRET}'`)),
      'a table that is not there': () => stores.sql.read((session) => session.query(`SELECT * FROM \`${SECRET}\``)),
    };
    for (const [title, plant] of Object.entries(plantings)) {
      it(`in the error of ${title}`, async () => {
        const error = await failureOf(plant());
        expect(error).to.be.instanceOf(Error);
        expect(inspect(error, { depth: 20, showHidden: true })).to.not.include(SECRET);
        expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).to.not.include(SECRET);
      });
    }

    it('of statements that can never succeed, without claiming that a repetition helps', async () => {
      const error = await failureOf(stores.sql.read((session) => session.query('SELECT * FROM nowhere')));
      expect(error).to.be.instanceOf(Error).and.not.instanceOf(AppError);
    });
  });
});
