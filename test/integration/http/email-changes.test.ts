import { expect } from 'chai';
import type { ProblemResource, UserResource } from '../../../src/protocol/resources.js';
import { startTestApp, type TestApp } from '../../helpers/app.js';
import { TestClient, type TestUser } from '../../helpers/client.js';

/** Whether an address has an account shows in whether it can be taken: so only a few can be tried. */
describe('changes of the e-mail address', () => {
  let app: TestApp;
  let client: TestClient;
  let user: TestUser;
  let other: TestUser;
  let isAway = false;

  beforeEach(async () => {
    isAway = false;
    const onStatement = (text: string): void => {
      if (isAway && /^update [`"]users/i.test(text)) {
        throw Object.assign(new Error('gone'), { code: 'SQLITE_BUSY', errno: 1205, sqlState: 'HY000' });
      }
    };
    app = await startTestApp({ env: { EMAIL_CHANGES_PER_DAY: '3' }, storeHooks: { onStatement } });
    client = new TestClient(app.url);
    user = await client.registerUser('user');
    other = await client.registerUser('other');
  });
  afterEach(() => app.stop());

  const change = (json: object, who = user) => client.as(who).put<UserResource & ProblemResource>('/users/me', json);

  it('are a few a day, whether the address is taken or not, and then all the same', async () => {
    expect((await change({ email: other.email })).body.code).to.equal('email_taken');
    expect((await change({ email: `fresh.${user.email}` })).status).to.equal(200);
    expect((await change({ email: other.email.toUpperCase() })).body.code).to.equal('email_taken');
    const refused = [await change({ email: other.email }), await change({ email: 'free@example.org', full_name: 'X' })];
    for (const { status, headers } of refused) {
      expect(status).to.equal(429);
      expect(Number(headers.get('retry-after'))).to.be.within(86_000, 86_400);
    }
    expect(refused[0]?.text).to.equal(refused[1]?.text);
    const me = await client.as(user).get<UserResource>('/users/me');
    expect(me.body).to.include({ email: `fresh.${user.email}`, full_name: null });
    expect((await change({ email: `fresh.${other.email}` }, other)).status, 'each account by itself').to.equal(200);
  });

  it('do not count the own address, nor other fields', async () => {
    for (let round = 0; round < 6; round += 1) {
      expect((await change({ email: user.email })).status).to.equal(200);
      expect((await change({ email: user.email.toUpperCase(), full_name: `Name ${round}` })).status).to.equal(200);
      expect((await change({ full_name: null })).status).to.equal(200);
    }
    expect((await change({ email: other.email })).body.code).to.equal('email_taken');
  });

  it('hold against many at once', async () => {
    const answers = await Promise.all(Array.from({ length: 40 }, () => change({ email: other.email })));
    expect(answers.filter(({ status }) => status !== 429)).to.have.lengthOf(3);
  });

  it('do not count what the database could not decide', async () => {
    isAway = true;
    expect((await change({ email: `fresh.${user.email}` })).status).to.equal(503);
    isAway = false;
    for (let round = 0; round < 3; round += 1) {
      expect((await change({ email: other.email })).body.code).to.equal('email_taken');
    }
    expect((await change({ email: other.email })).status).to.equal(429);
  });
});
