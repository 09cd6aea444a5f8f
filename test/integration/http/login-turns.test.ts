import { expect } from 'chai';
import { createPasswordHasher } from '../../../src/identity/password-hasher.js';
import { startTestApp, type TestApp } from '../../helpers/app.js';
import { PASSWORD, TestClient, type TestUser } from '../../helpers/client.js';

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Half a tenth of a second or so: long beside everything else that a login does. */
const COST = 9;
const OFFICE = 310;

describe('logins take turns', function () {
  this.timeout(300_000);
  let app: TestApp;
  let client: TestClient;
  let users: TestUser[];

  async function start(cost: number, env: Readonly<Record<string, string>> = {}): Promise<void> {
    // The bound is time; one place is the hardest case.
    app = await startTestApp({ env, hasher: createPasswordHasher({ cost, concurrency: 1 }) });
    client = new TestClient(app.url);
    users = [];
    for (let count = 0; count < 2; count += 1) users.push(await client.registerUser());
  }
  /** As many as an office has, of one password, hashed once. */
  async function hire(count: number): Promise<void> {
    const [{ username = '' } = {}] = users;
    const hashedPassword = (await app.stores.users.findByLogin(username))?.hashedPassword ?? '';
    users = [];
    for (let number = 0; number < count; number += 1) {
      const draft = { username: `colleague_${number}`, email: `${number}@example.org`, fullName: null, hashedPassword };
      const { id, email } = await app.stores.users.create(draft);
      users.push({ id, email, username: draft.username, password: PASSWORD, token: '' });
    }
  }
  afterEach(() => app.stop());

  async function login(user: TestUser | undefined): Promise<{ status: number; seconds: number; ms: number }> {
    const began = performance.now();
    const json = { username: user?.username, password: PASSWORD };
    const { status, headers } = await client.call('POST', '/users/login', { json });
    return { status, seconds: Number(headers.get('retry-after')), ms: performance.now() - began };
  }

  it('beside a hog another person waits no longer than for its hash and the own one', async () => {
    await start(COST);
    const [hog, person] = users;
    const quiet = median(await inSequence(7, async () => (await login(person)).ms));
    let over = false;
    let end = (): void => undefined;
    const ended = new Promise<void>((resolve) => (end = resolve));
    const statuses = new Map<number, number>();
    const hogging = Array.from({ length: 60 }, async () => {
      while (!over) {
        const { status, seconds } = await login(hog);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        if (status === 503) await Promise.race([ended, pause(seconds * 1_000)]);
      }
    });
    const beside = median(
      await inSequence(15, async () => {
        const { status, ms } = await login(person);
        expect(status).to.equal(200);
        return ms;
      }),
    );
    over = true;
    end();
    await Promise.all(hogging);
    expect([...statuses.keys()].filter((status) => status !== 200 && status !== 503)).to.deep.equal([]);
    expect(statuses.get(200), 'the hog gets on, too').to.be.above(5);
    expect(beside, `quiet ${quiet.toFixed(0)} ms`).to.be.at.most(quiet * 3 + 20);
  });

  it('310 right logins at once from one office are answered 200 or 503, and all are in when they come back as told', async () => {
    await start(4, { LOGIN_LIMIT_PER_ADDRESS_HOUR: '60', LOGIN_LIMIT_PER_ACCOUNT_HOUR: '60' });
    await hire(OFFICE);
    const counts = { 200: 0, 503: 0 };
    async function comeIn(index: number): Promise<void> {
      for (let tries = 1; ; tries += 1) {
        const { status, seconds } = await login(users[index]);
        expect(status).to.be.oneOf([200, 503]);
        counts[status as 200 | 503] += 1;
        if (status === 200) return;
        expect(seconds).to.be.within(1, 60);
        expect(tries).to.be.below(10);
        await pause(seconds * 1_000);
      }
    }
    await Promise.all(Array.from({ length: OFFICE }, (_, index) => comeIn(index)));
    expect(counts[200]).to.equal(OFFICE);
  });
});

async function inSequence<T>(count: number, work: () => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  for (let done = 0; done < count; done += 1) results.push(await work());
  return results;
}

function median(samples: readonly number[]): number {
  return [...samples].sort((one, other) => one - other)[Math.floor(samples.length / 2)] ?? Number.NaN;
}
