import { expect } from 'chai';
import type { ProblemResource } from '../../../src/protocol/resources.js';
import { startTestApp, type TestApp } from '../../helpers/app.js';
import { PASSWORD, TestClient, type Answer, type TestUser } from '../../helpers/client.js';

describe('throttles', () => {
  let app: TestApp | undefined;
  afterEach(async () => {
    await app?.stop();
    app = undefined;
  });

  async function start(env: Readonly<Record<string, string>>): Promise<TestClient> {
    app = await startTestApp({ env });
    return new TestClient(app.url);
  }
  function login(client: TestClient, username: string, password: string, forwarded?: string) {
    const headers: Record<string, string> = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
    return client.call<ProblemResource>('POST', '/users/login', { json: { username, password }, headers });
  }
  function register(client: TestClient, username: string, forwarded: string) {
    const json = { username, email: `${username}@example.org`, password: PASSWORD };
    return client.call('POST', '/users/register', { json, headers: { 'x-forwarded-for': forwarded } });
  }
  function expectThrottled(answer: Answer<ProblemResource>): void {
    expect(answer.body).to.include({ status: 429, code: 'rate_limited' });
    expect(Number(answer.headers.get('retry-after'))).to.be.within(1, 3_600);
  }

  it('stop guessing at one account, and leave the others alone', async () => {
    const client = await start({ LOGIN_LIMIT_PER_ACCOUNT_HOUR: '3' });
    const [victim, other] = await client.registerUsers(2);
    const attempt = (user: TestUser | undefined, password: string) => login(client, user?.username ?? '', password);
    for (let count = 0; count < 3; count += 1) expect((await attempt(victim, 'wrong')).status).to.equal(401);
    expectThrottled(await attempt(victim, 'wrong'));
    expectThrottled(await login(client, victim?.username.toUpperCase() ?? '', 'wrong'));
    expect((await attempt(other, PASSWORD)).status).to.equal(200);
  });

  it('do not count logins that succeed', async () => {
    const client = await start({ LOGIN_LIMIT_PER_ACCOUNT_HOUR: '2', LOGIN_LIMIT_PER_ADDRESS_HOUR: '2' });
    const user = await client.registerUser();
    for (let count = 0; count < 6; count += 1) {
      expect((await login(client, user.username, PASSWORD)).status).to.equal(200);
    }
  });

  it('count by the peer where no proxy is trusted, whatever is forwarded', async () => {
    const client = await start({ LOGIN_LIMIT_PER_ADDRESS_HOUR: '2', REGISTER_LIMIT_PER_ADDRESS_HOUR: '2' });
    for (let n = 0; n < 2; n += 1)
      expect((await login(client, `nobody${n}`, 'wrong', `203.0.113.${n}`)).status).to.equal(401);
    expectThrottled(await login(client, 'nobody3', 'wrong', '203.0.113.77'));
    for (let n = 0; n < 2; n += 1) expect((await register(client, `new_${n}`, `203.0.113.${n}`)).status).to.equal(201);
    expect((await register(client, 'new_3', '203.0.113.77')).status).to.equal(429);
  });

  it('count by what a trusted proxy forwards, right-most first, and IPv6 by its /64', async () => {
    const client = await start({ LOGIN_LIMIT_PER_ADDRESS_HOUR: '2', TRUSTED_PROXIES: '127.0.0.1,::1' });
    for (let n = 0; n < 2; n += 1) await login(client, 'nobody', 'wrong', `6.6.6.${n}, 203.0.113.5`);
    expectThrottled(await login(client, 'nobody', 'wrong', '7.7.7.7, 203.0.113.5'));
    expect((await login(client, 'nobody', 'wrong', '203.0.113.6')).status).to.equal(401);
    for (let n = 0; n < 2; n += 1) await login(client, 'nobody', 'wrong', `2001:db8:1:1:${n}::1`);
    expectThrottled(await login(client, 'nobody', 'wrong', '2001:db8:1:1:ffff::9'));
    expect((await login(client, 'nobody', 'wrong', '2001:db8:1:2::1')).status).to.equal(401);
  });
});
