import { expect } from 'chai';
import type { ProblemResource, TokenResource } from '../../../src/protocol/resources.js';
import { systemClock } from '../../../src/telemetry/clock.js';
import { startTestApp, type TestApp, type TestAppOptions } from '../../helpers/app.js';
import { PASSWORD, TestClient, type Answer } from '../../helpers/client.js';

const HOME = '198.51.100.7';
const CAFE = '198.51.100.99';

type LoginAnswer = Answer<ProblemResource & TokenResource>;

/** Many networks, behind one proxy. */
describe('limits of logins', function () {
  this.timeout(120_000);
  let app: TestApp;
  let client: TestClient;
  let shift = 0;
  const clock = { now: () => systemClock.now() + shift, monotonic: () => systemClock.monotonic() + shift };

  async function start(env: Readonly<Record<string, string>>, options: TestAppOptions = {}): Promise<void> {
    shift = 0;
    app = await startTestApp({ clock, env: { TRUSTED_PROXIES: '127.0.0.1', ...env }, ...options });
    client = new TestClient(app.url);
  }
  afterEach(() => app.stop());

  async function register(name: string, from: string): Promise<void> {
    const json = { username: name, email: `${name}@example.org`, password: PASSWORD };
    const answer = await client.call('POST', '/users/register', { json, headers: { 'x-forwarded-for': from } });
    expect(answer.status, answer.text).to.equal(201);
  }
  async function login(username: string, password: string, from: string): Promise<LoginAnswer> {
    const headers = { 'x-forwarded-for': from };
    return client.call('POST', '/users/login', { json: { username, password }, headers });
  }
  const wrong = (username: string, from: string): Promise<LoginAnswer> => login(username, 'not the password', from);
  const right = (username: string, from: string): Promise<LoginAnswer> => login(username, PASSWORD, from);

  function retryAfter({ status, headers, text }: LoginAnswer): number {
    expect(status, text).to.equal(429);
    return Number(headers.get('retry-after'));
  }
  /** How many of so many tries at once had which status. */
  async function tally(tries: readonly Promise<LoginAnswer>[]): Promise<Record<number, number>> {
    const counts: Record<number, number> = {};
    for (const { status } of await Promise.all(tries)) counts[status] = (counts[status] ?? 0) + 1;
    return counts;
  }

  it('let strangers lock nobody out of a network that they have logged in from', async () => {
    await start({ LOGIN_LIMIT_PER_ACCOUNT_HOUR: '4', LOGIN_LIMIT_PER_ADDRESS_HOUR: '20' });
    await register('ann', HOME);
    for (let n = 0; n < 30; n += 1) await wrong('ann', `203.0.113.${n}`);
    expect((await right('ann', HOME)).status).to.equal(200);
    for (let n = 0; n < 30; n += 1) await wrong('ann@example.org', `203.0.113.${n}`);
    expect((await login('ANN@example.org', PASSWORD, HOME)).status).to.equal(200);
  });

  it('make an unknown network wait for an attacked account, longer each time, and tell the truth about it', async () => {
    await start({ LOGIN_LIMIT_PER_ACCOUNT_HOUR: '4' });
    await register('ann', HOME);
    for (let n = 0; n < 4; n += 1) expect((await wrong('ann', `203.0.113.${n}`)).status).to.equal(401);

    const waits: number[] = [];
    for (let guess = 0; guess < 4; guess += 1) {
      const seconds = retryAfter(await wrong('ann', '203.0.113.200'));
      waits.push(seconds);
      shift += (seconds - 1) * 1_000;
      // What was told before holds for who comes early, too.
      if (seconds > 3) expect(retryAfter(await wrong('ann', '203.0.113.200'))).to.equal(1);
      shift += 1_000;
      expect((await wrong('ann', '203.0.113.200')).status, `after ${seconds} s`).to.equal(401);
    }
    expect(waits).to.deep.equal([1, 2, 4, 8]);

    // The owner is on a journey, in the middle of it.
    const told = retryAfter(await right('ann', CAFE));
    expect(told).to.be.within(1, 300);
    shift += told * 1_000;
    expect((await right('ann', CAFE)).status).to.equal(200);
    for (let n = 0; n < 4; n += 1) await wrong('ann', `203.0.113.${n}`);
    expect((await right('ann', CAFE)).status, 'known from now on').to.equal(200);
  });

  it('wait five minutes at most', async () => {
    await start({ LOGIN_LIMIT_PER_ACCOUNT_HOUR: '1' });
    await register('ann', HOME);
    let longest = 0;
    expect((await wrong('ann', '203.0.113.1')).status).to.equal(401);
    for (let guess = 0; guess < 14; guess += 1) {
      const from = `203.0.113.${guess + 2}`;
      const seconds = retryAfter(await wrong('ann', from));
      longest = Math.max(longest, seconds);
      shift += seconds * 1_000;
      expect((await wrong('ann', from)).status).to.equal(401);
    }
    expect(longest).to.equal(300);
  });

  it('are strict for one account in one network, whoever asks, until the hour is over', async () => {
    await start({ LOGIN_LIMIT_PER_ACCOUNT_HOUR: '3' });
    await register('ann', HOME);
    for (let n = 0; n < 3; n += 1) expect((await wrong('ann', HOME)).status).to.equal(401);
    const seconds = retryAfter(await right('ann', HOME));
    expect(seconds).to.be.within(3_500, 3_600);
    shift += (seconds - 3) * 1_000;
    retryAfter(await right('ann', HOME));
    shift += 3_000;
    expect((await right('ann', HOME)).status).to.equal(200);
  });

  it('let in who is known in a network whose limit others have used up, and tell the others nothing about it', async () => {
    await start({ LOGIN_LIMIT_PER_ADDRESS_HOUR: '5', LOGIN_LIMIT_PER_ACCOUNT_HOUR: '3' });
    await register('ann', HOME);
    await register('ben', CAFE);
    for (let n = 0; n < 5; n += 1) expect((await wrong(`nobody${n}`, HOME)).status).to.equal(401);

    const refused = await Promise.all([wrong('ann', HOME), wrong('nobody9', HOME), right('ben', HOME)]);
    expect(refused.map(({ status }) => status)).to.deep.equal([429, 429, 429]);
    expect(new Set(refused.map(({ text }) => text)), 'one answer').to.have.lengthOf(1);
    expect(new Set(refused.map(({ headers }) => headers.get('retry-after')))).to.have.lengthOf(1);
    expect((await right('ann', HOME)).status).to.equal(200);

    shift += retryAfter(refused[2]) * 1_000;
    expect((await right('ben', HOME)).status, 'after as long as was told').to.equal(200);
  });

  it('answer alike whether the account exists or not', async () => {
    await start({ LOGIN_LIMIT_PER_ACCOUNT_HOUR: '3', LOGIN_LIMIT_PER_ADDRESS_HOUR: '9' });
    await register('ann', HOME);
    const networks = [HOME, HOME, HOME, HOME, HOME, CAFE, CAFE, '203.0.113.1', '203.0.113.2', '203.0.113.2'];
    const answers = async (name: string): Promise<string[]> => {
      const told: string[] = [];
      for (const [index, from] of networks.entries()) {
        const { status, headers, text } = await wrong(name, from);
        const seconds = Number(headers.get('retry-after'));
        // Two runs are not at the same millisecond of their hours.
        told.push(`${index} ${status} ${seconds > 60 ? 'an hour' : seconds} ${text}`);
        shift += 500;
      }
      return told;
    };
    const [existing, missing] = [await answers('ann'), await answers('bob')];
    expect(existing).to.deep.equal(missing);
    expect(existing.join('\n')).to.include('401').and.include('429');
  });

  it('count right passwords for nothing, however many are under way', async () => {
    await start({ LOGIN_LIMIT_PER_ACCOUNT_HOUR: '1', LOGIN_LIMIT_PER_ADDRESS_HOUR: '1' });
    for (let n = 0; n < 5; n += 1) await register(`user${n}`, HOME);
    for (const from of [HOME, CAFE]) {
      const tries = Array.from({ length: 40 }, (_, n) => right(`user${n % 5}`, from));
      // A slow machine has not the time to hash all of them within two seconds.
      const { 200: letIn = 0, 503: overloaded = 0 } = await tally(tries);
      expect(letIn + overloaded).to.equal(40);
      expect(letIn).to.be.at.least(5);
    }
  });

  it('count nothing while the database is away, and nothing that is overloaded', async () => {
    let isAway = false;
    const onStatement = (): void => {
      if (isAway) throw Object.assign(new Error('gone'), { code: 'SQLITE_BUSY', errno: 1205, sqlState: 'HY000' });
    };
    await start(
      { LOGIN_LIMIT_PER_ACCOUNT_HOUR: '1', LOGIN_LIMIT_PER_ADDRESS_HOUR: '1', REGISTER_LIMIT_PER_ADDRESS_HOUR: '2' },
      { storeHooks: { onStatement } },
    );
    await register('ann', HOME);
    isAway = true;
    const tries = [right('ann', HOME), wrong('ann', HOME), right('ann', CAFE), wrong('bob', CAFE)];
    expect(await tally(tries)).to.deep.equal({ 503: 4 });
    const json = { username: 'ben', email: 'ben@example.org', password: PASSWORD };
    for (let n = 0; n < 3; n += 1) {
      const answer = await client.call('POST', '/users/register', { json, headers: { 'x-forwarded-for': HOME } });
      expect(answer.status).to.equal(503);
    }
    isAway = false;
    await register('ben', HOME);
    expect((await wrong('ann', HOME)).status).to.equal(401);
    expect((await wrong('ann', CAFE)).status).to.equal(429);
    expect((await wrong('bob', CAFE)).status, 'the café has failed nowhere yet').to.equal(401);
  });

  describe('hold against guessing in parallel', () => {
    it('at one account', async () => {
      await start({ LOGIN_LIMIT_PER_ACCOUNT_HOUR: '5' });
      await register('ann', HOME);
      for (const from of [CAFE, HOME]) {
        const { 401: examined, ...refused } = await tally(Array.from({ length: 60 }, () => wrong('ann', from)));
        expect([examined, Object.keys(refused).filter((status) => status !== '429' && status !== '503')]).to.deep.equal(
          [5, []],
        );
      }
    });

    it('at many accounts', async () => {
      await start({ LOGIN_LIMIT_PER_ADDRESS_HOUR: '5', LOGIN_LIMIT_PER_ACCOUNT_HOUR: '60' });
      const tries = Array.from({ length: 60 }, (_, n) => wrong(`somebody${n}`, CAFE));
      expect((await tally(tries))[401]).to.equal(5);
    });

    it('from many networks', async () => {
      await start({ LOGIN_LIMIT_PER_ACCOUNT_HOUR: '5' });
      const tries = Array.from({ length: 60 }, (_, n) => wrong('ann', `203.0.113.${n}`));
      expect((await tally(tries))[401]).to.equal(5);
    });
  });

  it('count IPv6 by its /64, and with rising room by its /56 and /48', async () => {
    await start({ LOGIN_LIMIT_PER_ADDRESS_HOUR: '2', REGISTER_LIMIT_PER_ADDRESS_HOUR: '1' });
    const examined = async (addresses: readonly string[]): Promise<number> => {
      let count = 0;
      for (const [index, from] of addresses.entries()) {
        const { status } = await wrong(`nobody${index}`, from);
        if (status === 401) count += 1;
        else expect(status).to.equal(429);
      }
      return count;
    };
    const many = (addressOf: (n: string) => string) =>
      Array.from({ length: 40 }, (_, n) => addressOf((n + 1).toString(16)));
    expect(await examined(many((n) => `2001:db8:1:100::${n}`)), 'a /64').to.equal(2);
    expect(await examined(many((n) => `2001:db8:1:1${n.padStart(2, '0')}::1`)), 'the rest of its /56').to.equal(6);
    expect(await examined(many((n) => `2001:db8:1:${n}00::1`)), 'the rest of its /48').to.equal(24);
    expect(await examined(['2001:db8:2:100::1']), 'the neighbour').to.equal(1);

    const registered = async (addresses: readonly string[]): Promise<number> => {
      let count = 0;
      for (const [index, from] of addresses.entries()) {
        const username = `new${index}_${from.replaceAll(':', '_')}`.slice(0, 50);
        const json = { username, email: `${index}.${username}@example.org`, password: PASSWORD };
        const { status } = await client.call('POST', '/users/register', { json, headers: { 'x-forwarded-for': from } });
        if (status === 201) count += 1;
        else expect(status).to.equal(429);
      }
      return count;
    };
    expect(await registered(many((n) => `2001:db8:1:100::${n}`)), 'a /64').to.equal(1);
    expect(await registered(many((n) => `2001:db8:1:1${n.padStart(2, '0')}::1`)), 'the rest of its /56').to.equal(3);
    expect(await registered(many((n) => `2001:db8:1:${n}00::1`)), 'the rest of its /48').to.equal(12);
  });
});
