import { expect } from 'chai';
import { AppError } from '../../../src/domain/errors.js';
import type { ErrorCode } from '../../../src/protocol/error-codes.js';
import { IDENTITY, startHarness, USER, type Harness } from './harness.js';

const ACCOUNT = { username: 'ann', email: 'ann@example.org', password: 'correct horse' };
const SECRET = 'c4n4ry';

describe('createHttpApp', () => {
  let app: Harness;
  beforeEach(async () => {
    app = await startHarness({ trustedProxies: ['127.0.0.1'] });
  });
  afterEach(() => app.stop());

  it('logs a line per request by the pattern of its route, without query, headers or body', async () => {
    app.services.users.get = () => Promise.resolve(USER);
    await app.client.call('GET', `/users/7?${SECRET}=1`, { token: SECRET });
    await app.client.call('POST', '/users/login', { raw: `{"${SECRET}":1`, headers: { 'user-agent': SECRET } });
    await app.client.call('GET', `/${SECRET}`);
    const lines = app.logs.filter((line) => line.message === 'request').map((line) => line.facts);
    expect(lines.map(({ method, route, status, userId }) => ({ method, route, status, userId }))).to.deep.equal([
      { method: 'GET', route: '/api/v1/users/:user_id', status: 422, userId: IDENTITY.userId },
      { method: 'POST', route: '/api/v1/users/login', status: 400, userId: null },
      { method: 'GET', route: null, status: 404, userId: null },
    ]);
    for (const line of lines) expect(line['ms']).to.be.a('number').that.is.at.least(0);
    expect(JSON.stringify(app.logs)).not.to.contain(SECRET);
  });

  it('gives every answer an id of its own and takes none from outside', async () => {
    const headers = { 'x-request-id': SECRET };
    const answers = await Promise.all([1, 2].map(() => app.client.call('GET', '/users/me', { token: 't', headers })));
    const ids = answers.map((answer) => answer.headers.get('x-request-id'));
    expect(new Set(ids)).to.have.property('size', 2);
    expect(ids).not.to.include(SECRET);
    expect(app.logs.map((line) => line.facts['requestId'])).to.have.members(ids);
  });

  it('logs probes for those who look for them only', async () => {
    await app.client.call('GET', '/health/live');
    expect(app.logs.map((line) => line.level)).to.deep.equal(['debug']);
  });

  it('answers a bug with 500 and nothing else, and logs where it is but not what it says', async () => {
    app.services.users.me = () => Promise.reject(new Error(`SELECT '${SECRET}'`));
    const answer = await app.client.call('GET', '/users/me', { token: 't' });
    expect(answer.status).to.equal(500);
    expect(answer.body).to.include({ code: 'internal', detail: 'Something went wrong on our side' });
    const [line] = app.logs.filter(({ level }) => level === 'error');
    expect(line?.facts).to.include({ requestId: answer.headers.get('x-request-id'), route: '/api/v1/users/me' });
    expect(JSON.stringify(line)).to.contain('server.test').and.not.to.contain(SECRET);
    expect(answer.text).not.to.contain(SECRET);
  });

  it('answers a reply that cannot be encoded like any other bug', async () => {
    app.services.users.me = () => Promise.resolve({ ...USER, createdAt: new Date(NaN) });
    expect((await app.client.call('GET', '/users/me', { token: 't' })).status).to.equal(500);
  });

  it('says when to come back, and logs why it could not serve', async () => {
    const cause = Object.assign(new Error(SECRET), { code: 'ECONNREFUSED' });
    app.services.users.me = () => Promise.reject(new AppError('unavailable', { retryAfter: 2.1, cause }));
    const answer = await app.client.call('GET', '/users/me', { token: 't' });
    expect(answer.status).to.equal(503);
    expect(answer.headers.get('retry-after')).to.equal('3');
    expect(JSON.stringify(app.logs)).to.contain('ECONNREFUSED').and.not.to.contain(SECRET);
  });

  it('authenticates before it reads a body', async () => {
    app.services.users.authenticate = () => Promise.reject(new AppError('not_authenticated'));
    const answer = await app.client.call('POST', '/messages', { raw: 'not json', token: 't' });
    expect(answer.status).to.equal(401);
  });

  for (const header of ['', 'Bearer', 'Bearer ', 'Basic dDp0', 't', 'Bearer a b', 'Bearer a, Bearer b', 'Bearer "a"']) {
    it(`does not take "${header}" for a token`, async () => {
      const headers: Record<string, string> = header === '' ? {} : { authorization: header };
      const answer = await app.client.call('GET', '/users/me', { headers });
      expect(answer.status).to.equal(401);
      expect(answer.headers.get('www-authenticate')).to.equal('Bearer');
    });
  }

  it('takes the scheme in any case', async () => {
    const answer = await app.client.call('GET', '/users/me', { headers: { authorization: 'bEARER a.b-c_d' } });
    expect(answer.status).to.equal(200);
  });

  it('tells services the address that trusted proxies leave', async () => {
    const seen: string[] = [];
    app.services.users.login = (_input, origin) => {
      seen.push(origin.address);
      return Promise.resolve({ token: 't', expiresIn: 1 });
    };
    const json = { username: 'ann', password: 'x' };
    for (const forwarded of ['203.0.113.9', '6.6.6.6, 203.0.113.9', undefined]) {
      const headers: Record<string, string> = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
      expect((await app.client.call('POST', '/users/login', { json, headers })).status).to.equal(200);
    }
    expect(seen).to.deep.equal(['203.0.113.9', '203.0.113.9', '127.0.0.1']);
  });

  it('passes on what was sent and no more', async () => {
    const inputs: unknown[] = [];
    app.services.users.register = (input) => {
      inputs.push(input);
      return Promise.resolve({ user: USER, access: { token: 't', expiresIn: 60 } });
    };
    const answer = await app.client.call('POST', '/users/register/', { json: ACCOUNT });
    expect(answer.status).to.equal(201);
    expect(answer.body).to.include({
      id: 7,
      email: USER.email,
      access_token: 't',
      token_type: 'bearer',
      expires_in: 60,
    });
    expect(inputs).to.deep.equal([{ ...ACCOUNT, fullName: null }]);
  });

  it('says which store is down', async () => {
    app.services.system.health = () =>
      Promise.resolve({ healthy: false, mysql: 'up', mongodb: 'down', warnings: [SECRET] });
    const answer = await app.client.call('GET', '/health');
    expect(answer.status).to.equal(503);
    expect(answer.body).to.include({ detail: 'Service unhealthy', code: 'unhealthy' });
    expect(answer.body['errors']).to.deep.equal([{ path: 'mongodb', code: 'down', message: 'Does not answer' }]);
  });

  it('tells warnings of a healthy service, and readiness apart from it', async () => {
    app.services.system.health = () => Promise.resolve({ healthy: true, mysql: 'up', mongodb: 'up', warnings: ['w'] });
    app.services.system.ready = () => Promise.resolve(false);
    expect((await app.client.call('GET', '/health')).body).to.deep.equal({
      status: 'healthy',
      mysql: 'up',
      mongodb: 'up',
      warnings: ['w'],
    });
    expect((await app.client.call('GET', '/health/ready')).status).to.equal(503);
    app.services.system.ready = () => Promise.resolve(true);
    expect((await app.client.call('GET', '/health/ready')).body).to.deep.equal({ status: 'ready' });
  });

  it('maps every refusal of a service, whatever it is', async () => {
    const codes: ErrorCode[] = ['rate_limited', 'overloaded', 'indeterminate', 'wrong_credentials', 'last_admin'];
    for (const code of codes) {
      app.services.users.me = () => Promise.reject(new AppError(code));
      expect((await app.client.call('GET', '/users/me', { token: 't' })).body).to.include({ code });
    }
  });
});
