import bcrypt from 'bcrypt';
import { expect } from 'chai';
import type { TokenResource } from '../../../src/protocol/resources.js';
import { startTestApp, TEST_ENVIRONMENT, type TestApp } from '../../helpers/app.js';
import { TestClient } from '../../helpers/client.js';

const COST = Number(TEST_ENVIRONMENT.BCRYPT_COST);
const OURS = /^p1\$2b\$04\$[./A-Za-z0-9]{53}$/;
const PASSWORD = 'correct horse of old';
/** Of PASSWORD, at the earlier backend's cost, by the crypt of another implementation (libxcrypt). */
const FOREIGN = '$2b$12$GFv2y1utmH.eHpX5DXCKCuPk9iJj5J.8gpDHEeupYfNeLbEUOfMcS';
const REWRITE = /^update [`"]users[`"] set [`"]hashed_password[`"]/i;

/** Accounts as the earlier backend left them: bcrypt over the password itself, without a scheme in front. */
describe('logging in with a password of the earlier backend', () => {
  let app: TestApp;
  let client: TestClient;
  let rewrites = 0;
  let failure: Error | null = null;

  before(async () => {
    app = await startTestApp({
      storeHooks: {
        onStatement(text) {
          if (!REWRITE.test(text)) return;
          rewrites += 1;
          if (failure !== null) throw failure;
        },
      },
    });
    client = new TestClient(app.url);
  });
  beforeEach(() => {
    rewrites = 0;
    failure = null;
  });
  after(() => app.stop());

  async function insert(username: string, hashedPassword: string): Promise<void> {
    await app.stores.users.create({ username, email: `${username}@example.org`, fullName: null, hashedPassword });
  }
  const login = (username: string, password = PASSWORD) =>
    client.call<TokenResource>('POST', '/users/login', { json: { username, password } });
  const stored = async (username: string): Promise<string | undefined> =>
    (await app.stores.users.findByLogin(username))?.hashedPassword;

  it('succeeds, rewrites the value once, and goes on succeeding', async () => {
    await insert('old_ann', FOREIGN);
    const first = await login('old_ann');
    expect(first.status, first.text).to.equal(200);
    const me = await client.as({ token: first.body.access_token }).get('/users/me');
    expect(me.body).to.include({ username: 'old_ann' });
    const rewritten = await stored('old_ann');
    expect(rewritten).to.match(OURS);

    expect((await login('old_ann@example.org')).status).to.equal(200);
    expect(await stored('old_ann')).to.equal(rewritten);
    expect(rewrites).to.equal(1);
    expect((await login('old_ann', `${PASSWORD}!`)).status).to.equal(401);
  });

  it('takes every letter that bcrypt has used', async () => {
    for (const letter of ['a', 'b', 'y']) {
      const name = `old_2${letter}`;
      await insert(name, (await bcrypt.hash(PASSWORD, COST)).replace('$2b$', `$2${letter}$`));
      expect((await login(name)).status, name).to.equal(200);
      expect(await stored(name)).to.match(OURS);
    }
  });

  it('leaves the value alone where the password is wrong', async () => {
    const plain = await bcrypt.hash(PASSWORD, COST);
    await insert('old_ben', plain);
    for (const wrong of ['correct horse of ol', `${PASSWORD} `, `${PASSWORD}\0${PASSWORD}`, plain]) {
      expect((await login('old_ben', wrong)).status, JSON.stringify(wrong)).to.equal(401);
    }
    expect(rewrites).to.equal(0);
    expect(await stored('old_ben')).to.equal(plain);
    expect((await login('old_ben')).status).to.equal(200);
  });

  it('succeeds although the rewrite fails, says so in the log without a secret, and rewrites at the next login', async () => {
    const plain = await bcrypt.hash(PASSWORD, COST);
    await insert('old_eve', plain);
    failure = Object.assign(new Error(`near '${plain}'`), { code: 'ER_SOMETHING', errno: 4_242, sqlState: 'HY000' });
    const answer = await login('old_eve');
    expect(answer.status, answer.text).to.equal(200);
    expect((await client.as({ token: answer.body.access_token }).get('/users/me')).status).to.equal(200);
    expect(rewrites).to.be.at.least(1);
    expect(await stored('old_eve')).to.equal(plain);
    expect(app.logs.filter((line) => line.includes('a password hash could not be renewed'))).to.have.lengthOf(1);
    for (const secret of [plain, PASSWORD]) expect(app.logs.join('\n')).to.not.include(secret);

    failure = null;
    expect((await login('old_eve')).status).to.equal(200);
    expect(await stored('old_eve')).to.match(OURS);
  });

  it('lets every one of several logins at once succeed', async () => {
    await insert('old_two', await bcrypt.hash(PASSWORD, COST));
    const answers = await Promise.all(Array.from({ length: 6 }, () => login('old_two')));
    expect(answers.map(({ status }) => status)).to.deep.equal(Array<number>(6).fill(200));
    expect(await stored('old_two')).to.match(OURS);
    expect((await login('old_two')).status).to.equal(200);
  });
});
