import { expect } from 'chai';
import { createPasswordHasher } from '../../../src/identity/password-hasher.js';
import type { PasswordHasher } from '../../../src/ports/password-hasher.js';
import { startTestApp, TEST_ENVIRONMENT, type TestApp } from '../../helpers/app.js';
import { TestClient, type TestUser } from '../../helpers/client.js';

type Call = ['hash', string] | ['verify', string, string | null];

/**
 * Who may learn from the time of an answer which accounts exist: nobody, because every refused login asks the hasher for
 * exactly the same. That the hasher itself works as long for each of them is its own test.
 */
describe('the work of a login', () => {
  let app: TestApp;
  let client: TestClient;
  let user: TestUser;
  let disabled: TestUser;
  const calls: Call[] = [];

  before(async () => {
    const real = createPasswordHasher({ cost: Number(TEST_ENVIRONMENT.BCRYPT_COST) });
    const hasher: PasswordHasher = {
      ...real,
      hash(password, turn) {
        calls.push(['hash', password]);
        return real.hash(password, turn);
      },
      verify(password, stored, turn) {
        calls.push(['verify', password, stored]);
        return real.verify(password, stored, turn);
      },
    };
    app = await startTestApp({ hasher });
    client = new TestClient(app.url);
    user = await client.registerUser('present');
    disabled = await client.registerUser('disabled');
    await app.stores.sql.transaction((tx) => tx.run('UPDATE users SET is_active = 0 WHERE id = ?', [disabled.id]));
  });
  beforeEach(() => (calls.length = 0));
  after(() => app.stop());

  async function storedOf({ username }: TestUser): Promise<string> {
    const found = await app.stores.users.findByLogin(username);
    if (found === null) throw new Error('no such user');
    return found.hashedPassword;
  }

  async function attempt(username: string, password: string): Promise<{ status: number; text: string }> {
    const { status, text } = await client.call('POST', '/users/login', { json: { username, password } });
    return { status, text };
  }

  it('is one hash of the given password, whoever asks and whyever it is refused', async () => {
    const ofUser = await storedOf(user);
    const ofDisabled = await storedOf(disabled);
    const refused: [why: string, login: string, password: string, stored: string | null][] = [
      ['unknown username', 'nobody_here', 'some password', null],
      ['unknown e-mail address', 'nobody@example.org', 'some password', null],
      ['a name that nobody can have', ' @ ', 'some password', null],
      ['wrong password', user.username, 'some password', ofUser],
      ['wrong password, by e-mail address', user.email, 'some password', ofUser],
      ['disabled, right password', disabled.username, disabled.password, ofDisabled],
      ['disabled, wrong password', disabled.username, 'some password', ofDisabled],
    ];
    const texts = new Set<string>();
    for (const [why, name, password, stored] of refused) {
      calls.length = 0;
      const { status, text } = await attempt(name, password);
      expect(status, why).to.equal(401);
      expect(calls, why).to.deep.equal([['verify', password, stored]]);
      texts.add(text);
    }
    expect(texts.size, 'one answer for all').to.equal(1);
  });

  it('is the same for a success', async () => {
    expect((await attempt(user.username, user.password)).status).to.equal(200);
    expect(calls).to.deep.equal([['verify', user.password, await storedOf(user)]]);
  });

  it('is none for what has the wrong shape', async () => {
    expect((await attempt(user.username, 'p'.repeat(1_025))).status).to.equal(422);
    expect(calls).to.deep.equal([]);
  });
});
