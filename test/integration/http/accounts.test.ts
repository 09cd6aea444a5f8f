import { expect } from 'chai';
import type { TokenResource, UserResource } from '../../../src/protocol/resources.js';
import { LIMITS } from '../../../src/protocol/limits.js';
import { PASSWORD, type Answer } from '../../helpers/client.js';
import { startWorld, type World } from './world.js';

const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

describe('accounts', () => {
  let world: World;
  before(async () => {
    world = await startWorld();
  });
  after(() => world.app.stop());

  let count = 0;
  /** An account that is new but for what a test sets. */
  function account(set: Record<string, unknown> = {}): Record<string, unknown> {
    count += 1;
    return { username: `fresh_${count}`, email: `fresh_${count}@example.org`, password: PASSWORD, ...set };
  }
  const register = (set: Record<string, unknown> = {}) =>
    world.client.call<UserResource & TokenResource>('POST', '/users/register', { json: account(set) });
  const login = (username: string, password: string) =>
    world.client.call<TokenResource>('POST', '/users/login', { json: { username, password } });
  const problems = (answer: Answer<unknown>): string[] =>
    (answer.body as { errors: { path: string; code: string }[] }).errors.map(({ path, code }) => `${path}:${code}`);

  it('registers: a user and a token that works', async () => {
    const answer = await register({ full_name: 'Fresh Person' });
    expect(answer.status).to.equal(201);
    const { access_token, token_type, expires_in, ...user } = answer.body;
    expect(user).to.have.all.keys('id', 'username', 'email', 'full_name', 'is_active', 'created_at', 'last_seen');
    expect(user).to.include({ full_name: 'Fresh Person', is_active: true });
    expect(user.created_at).to.match(ISO_TIME);
    expect({ token_type, expires_in }).to.deep.equal({ token_type: 'bearer', expires_in: 30 * 60 });
    const me = await world.client.as({ token: access_token }).get('/users/me');
    expect(me.body).to.include({ id: user.id, username: user.username, email: user.email });
  });

  it('takes an account once', async () => {
    const first = await register();
    const { username, email } = first.body;
    const sameName = await register({ username });
    expect(sameName.body).to.include({ status: 400, code: 'username_taken', detail: 'Username already exists' });
    const sameEmail = await register({ email: email?.toUpperCase() });
    expect(sameEmail.body).to.include({ status: 400, code: 'email_taken', detail: 'Email already exists' });
    const race = await Promise.all(Array.from({ length: 8 }, () => register({ username: 'racer' })));
    expect(race.map((answer) => answer.status).sort()).to.deep.equal([201, ...Array<number>(7).fill(400)]);
  });

  it('logs in by username or e-mail address, whatever their case', async () => {
    const { alice } = world;
    for (const name of [alice.username, alice.username.toUpperCase(), alice.email, alice.email.toUpperCase()]) {
      const answer = await login(name, alice.password);
      expect(answer.status).to.equal(200);
      expect(answer.body).to.have.all.keys('access_token', 'token_type', 'expires_in');
      expect((await world.client.as({ token: answer.body.access_token }).get('/users/me')).body).to.include({
        id: alice.id,
      });
    }
  });

  it('gives every failed login the same answer', async () => {
    const { alice } = world;
    const failures = await Promise.all([
      login(alice.username, 'wrong password'),
      login('nobody_at_all', alice.password),
      login('nobody@example.org', alice.password),
      login(alice.username, 'x'),
      login('@', alice.password),
      login(' ', alice.password),
      login(`${alice.username}\u200b`, 'x'),
    ]);
    expect(new Set(failures.map((answer) => answer.text))).to.have.property('size', 1);
    for (const answer of failures) {
      expect(answer.body).to.include({
        status: 401,
        code: 'wrong_credentials',
        detail: 'Incorrect username or password',
      });
      expect(answer.headers.get('www-authenticate')).to.equal('Bearer');
    }
  });

  it('verifies every byte of a password and bounds its length', async () => {
    const pairs: [string, string][] = [
      ['x'.repeat(72) + 'X', 'x'.repeat(72) + 'Y'],
      ['é'.repeat(36) + 'X', 'é'.repeat(36) + 'Y'],
      ['😀'.repeat(64), '😀'.repeat(63) + '😁'],
      ['p'.repeat(1_024), 'p'.repeat(1_023) + 'q'],
    ];
    for (const [password, other] of pairs) {
      const { status, body } = await register({ password });
      expect(status).to.equal(201);
      expect((await login(body.username, other)).status).to.equal(401);
      expect((await login(body.username, password)).status).to.equal(200);
    }
    expect(problems(await register({ password: 'p'.repeat(1_025) }))).to.deep.equal(['password:too_long']);
    expect(problems(await register({ password: 'p'.repeat(100_000) }))).to.deep.equal(['password:too_long']);
    expect((await login('fresh_1', 'p'.repeat(1_025))).status).to.equal(422);
    expect(problems(await register({ password: '1234567' }))).to.deep.equal(['password:too_short']);
  });

  it('compares passwords exactly, but for how their characters are composed', async () => {
    const variants = [
      'Secret\0one',
      'Secret',
      'Secret\0two',
      'trailing one ',
      'trailing one',
      'caf\u00e9 noir',
      'cafe\u0301 noir',
      'cafe noir',
      'of\ufb01cial one',
      'official one',
      'CaseCase',
      'casecase',
    ];
    for (const password of variants.filter((text) => text.length >= 8)) {
      const { body } = await register({ password });
      for (const attempt of variants) {
        expect((await login(body.username, attempt)).status, JSON.stringify([password, attempt])).to.equal(
          attempt.normalize('NFC') === password.normalize('NFC') ? 200 : 401,
        );
      }
    }
    const raw = '{"username":"fresh_1","password":"12345678\\ud800"}';
    const answer = await world.client.call('POST', '/users/login', { raw });
    expect(problems(answer)).to.deep.equal(['password:ill_formed']);
  });

  it('accepts no two usernames that look alike', async () => {
    expect((await register({ username: 'lookalike' })).status).to.equal(201);
    const verdicts: [username: string, status: number][] = [
      ['Lookalike', 400],
      ['LOOKALIKE', 400],
      ['ｌookalike', 400],
      ['lооkalike', 400], // Cyrillic o
      ['ℓookalike', 400],
      ['lookalike\u200b', 422],
      ['look\u00adalike', 422],
      ['lookalike ', 422],
      [' lookalike', 422],
      ['look@like', 422],
      ['look\u202ealike', 422],
      ['look\u0000alike', 422],
      ['look\nalike', 422],
      ['ab', 422],
      ['a'.repeat(51), 422],
      ['😀😀', 422],
    ];
    for (const [username, status] of verdicts) {
      expect((await register({ username })).status, JSON.stringify(username)).to.equal(status);
    }
    expect((await login('LookAlike', PASSWORD)).status).to.equal(200);
  });

  it('refuses look-alikes of every script, and new usernames that mix scripts', async () => {
    for (const username of ['control', 'admin']) expect((await register({ username })).status).to.equal(201);
    for (const twin of ['c\u2c9fntrol', 'contr\u10ffl', 'adm\ua647n', '\u{1f170}dmin', 'c\u{10428}ntrol']) {
      expect((await register({ username: twin })).body, twin).to.include({ status: 400, code: 'username_taken' });
    }
    // Of nobody's, and not in the lists: refused for what they mix, and the answer does not repeat them.
    for (const username of ['gr\u0444yph', '\u0391nn\u0444', '\u05d0bcd', '\u5c71\u0430\u0431']) {
      const answer = await register({ username });
      expect(problems(answer), username).to.deep.equal(['username:mixed_scripts']);
      expect(answer.text).not.to.include(username);
    }
    for (const username of [
      '\u0424\u0443\u0436\u0438',
      'taro\u5c71\u7530\u30bf',
      '\u0639\u0644\u064a',
      'wow\u{1f600}',
    ]) {
      expect((await register({ username })).status, username).to.equal(201);
    }
    expect((await login('gr\u0444yph', PASSWORD)).status).to.equal(401);
  });

  it('judges e-mail addresses', async () => {
    const refused = [
      'a', '@', 'a@', '@b.co', 'a@localhost', 'a@b', 'a@@b.co', 'a@b@c.co', '"a b"@c.co', 'a b@c.co', 'a@b .co', ' a@b.co',
      'a@b.co ', 'a@b.co\r\nBcc: x@y.zz', 'a@b.co\0', 'é@b.co', 'a@é.co', 'a@-b.co', 'a@b-.co', 'a@b..co', '.a@b.co', 'a.@b.co',
      'a..b@c.co', 'a@1.2.3.4', 'a@[1.2.3.4]', `${'a'.repeat(65)}@b.co`, `a@${'b'.repeat(64)}.co`, `${'a'.repeat(60)}@${'b'.repeat(40)}.co`,
      'a'.repeat(100_000), `${'a.'.repeat(49)}@b`,
    ]; // prettier-ignore
    for (const email of refused) {
      const start = performance.now();
      const answer = await register({ email });
      expect(answer.status, JSON.stringify(email.slice(0, 50))).to.equal(422);
      expect(performance.now() - start).to.be.below(1_000);
    }
    const taken = ['a.b+c@sub.example.co', "o'neil@example.org", 'x_y-z@xn--bcher-kva.example', '1@2.example'];
    for (const email of taken) expect((await register({ email })).status, email).to.equal(201);
  });

  it('takes the fields it knows, all of them, in the right types', async () => {
    expect(problems(await world.client.call('POST', '/users/register', { json: {} }))).to.have.members([
      'username:required',
      'email:required',
      'password:required',
    ]);
    expect(problems(await register({ role: 'admin' }))).to.deep.equal(['role:unknown_key']);
    expect(problems(await register({ username: 5, password: ['x'] }))).to.have.members([
      'username:wrong_type',
      'password:wrong_type',
    ]);
    expect((await world.client.call('POST', '/users/login', { json: { username: 'x' } })).status).to.equal(422);
    const extra = { username: 'x', password: 'y', grant_type: 'password' };
    expect((await world.client.call('POST', '/users/login', { json: extra })).status).to.equal(422);
  });

  it('has a minimum length of passwords that is a setting, and tells it', async () => {
    const info = await world.client.call<{ limits: Record<string, number> }>('GET', '/info');
    expect(info.body.limits).to.include({
      min_password_length: 8,
      max_group_members: LIMITS.groupMembers,
      max_message_length: LIMITS.messageLength,
    });
  });
});
