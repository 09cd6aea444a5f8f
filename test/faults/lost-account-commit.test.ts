import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import type { User } from '../../src/domain/user.js';
import type { UserStore } from '../../src/ports/user-store.js';
import type { SqlDatabase } from '../../src/stores/sql/database.js';
import { createUserStore } from '../../src/stores/sql/users/index.js';
import { systemClock } from '../../src/telemetry/clock.js';
import { expectCode } from '../conformance/chat-store.fixtures.js';
import { openTestStores, type TestStores } from '../helpers/stores.js';
import { connectionLost, Faults } from './scene.js';

/** The same promise for accounts as for chats: an answer is true, or it says that the outcome is unknown. */
describe('a COMMIT of an account without an answer', () => {
  const faults = new Faults();
  let stores: TestStores;
  before(async () => {
    stores = await openTestStores(faults.hooks());
  });
  afterEach(() => faults.reset());
  after(() => stores.close());

  function loseAnswer(): void {
    faults.afterCommit = () => {
      faults.reset();
      throw connectionLost();
    };
  }

  function loseCommit(): void {
    faults.onStatement = (_text, phase) => {
      if (phase !== 'commit') return;
      faults.reset();
      throw connectionLost();
    };
  }

  function draft() {
    const username = `u${randomUUID().slice(0, 8)}`;
    return { username, email: `${username}@example.org`, fullName: null, hashedPassword: randomUUID() };
  }

  /** A user store whose second transaction, the look for the lost one, comes after `meanwhile`. */
  function overtaken(meanwhile: () => Promise<unknown>): UserStore {
    let transactions = 0;
    const sql: SqlDatabase = {
      ...stores.sql,
      async transaction(work) {
        transactions += 1;
        if (transactions === 2) await meanwhile();
        return stores.sql.transaction(work);
      },
    };
    return createUserStore(sql, { clock: systemClock });
  }

  async function profileOf({ id }: User): Promise<object | undefined> {
    const user = await stores.users.findById(id);
    return user === null ? undefined : { email: user.email, fullName: user.fullName };
  }

  it('answers a registration with the account that was made', async () => {
    const wanted = draft();
    loseAnswer();
    const made = await stores.users.create(wanted);
    expect(await stores.users.findById(made.id)).to.deep.equal(made);
    await expectCode(stores.users.create(wanted), 'username_taken');
  });

  it('answers a registration as not done when the COMMIT itself is lost', async () => {
    const wanted = draft();
    loseCommit();
    await expectCode(stores.users.create(wanted), 'unavailable');
    expect(await stores.users.findByLogin(wanted.username)).to.equal(null);
    expect(await stores.users.create(wanted)).to.include({ username: wanted.username });
  });

  it("does not take somebody else's account of the same name for its own", async () => {
    const wanted = draft();
    loseCommit();
    const theirs = { ...wanted, hashedPassword: randomUUID() };
    await expectCode(overtaken(() => stores.users.create(theirs)).create(wanted), 'unavailable');
    expect((await stores.users.findByLogin(wanted.username))?.hashedPassword).to.equal(theirs.hashedPassword);
  });

  it('answers a change of the profile with what it has become', async () => {
    const user = await stores.users.create(draft());
    loseAnswer();
    const changed = await stores.users.updateProfile(user.id, { fullName: 'Ada' });
    expect(changed).to.deep.equal({ ...user, fullName: 'Ada' });
  });

  it('answers a change of the profile as not done when the COMMIT itself is lost', async () => {
    const user = await stores.users.create(draft());
    loseCommit();
    await expectCode(stores.users.updateProfile(user.id, { fullName: 'Ada' }), 'unavailable');
    expect(await profileOf(user)).to.deep.equal({ email: user.email, fullName: null });
  });

  it('claims nothing about a change that another has overwritten', async () => {
    const user = await stores.users.create(draft());
    loseAnswer();
    const store = overtaken(() => stores.users.updateProfile(user.id, { fullName: 'Other' }));
    await expectCode(store.updateProfile(user.id, { fullName: 'Ada' }), 'indeterminate');
    expect(await profileOf(user)).to.deep.include({ fullName: 'Other' });
  });

  it('is indeterminate while the database cannot be asked', async () => {
    const wanted = draft();
    let isBroken = false;
    faults.onStatement = () => {
      if (isBroken) throw connectionLost();
    };
    faults.afterCommit = () => {
      isBroken = true;
      throw connectionLost();
    };
    await expectCode(stores.users.create(wanted), 'indeterminate');
    faults.reset();
    await expectCode(stores.users.create(wanted), 'username_taken');
  });
});
