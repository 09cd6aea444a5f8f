import { monitorEventLoopDelay } from 'node:perf_hooks';
import { expect } from 'chai';
import { createPasswordHasher } from '../../../src/identity/password-hasher.js';
import { settingsOf, startTestApp, TEST_ENVIRONMENT, type TestApp } from '../../helpers/app.js';
import { TestClient, type TestUser } from '../../helpers/client.js';
import { connect, dropSockets } from '../../helpers/ws-client.js';

/** What an operator gets who sets nothing. */
const COST = settingsOf({ SECRET_KEY: TEST_ENVIRONMENT.SECRET_KEY }).identity.bcryptCost;
const WAITING = 8;
const HASHED_AT_ONCE = 2;
/** One more than are hashed and may wait together: whoever is not refused keeps the queue full. */
const LOGINS_AT_ONCE = HASHED_AT_ONCE + WAITING + 1;
const SENDERS = 3;
const MEASURED_MS = 2_500;
/** Of a whole hash's time: what an acknowledgement may take that waits for none. On the event loop it is above 1. */
const ALLOWED = 0.5;

describe('logins do not hold up sends', function () {
  this.timeout(60_000);
  let app: TestApp;
  let client: TestClient;
  let users: TestUser[];

  before(async () => {
    // Bounded by number alone: how many fit into two seconds is another matter.
    const bounds = { concurrency: HASHED_AT_ONCE, maxWaiting: WAITING, maxWaitMs: 60_000 };
    const hasher = createPasswordHasher({ cost: COST, ...bounds });
    app = await startTestApp({ hasher });
    client = new TestClient(app.url);
    users = await client.registerUsers(SENDERS * 2, 'busy');
  });
  after(async () => {
    dropSockets();
    await app.stop();
  });

  it('acknowledges over socket and REST in a fraction of the time that one hash takes', async () => {
    const [creator, ...others] = users;
    if (creator === undefined) throw new Error('nobody registered');
    const chat = await client.createGroup(creator, others);
    const logins = { done: 0, refused: 0 };
    const took = { socket: [] as number[], rest: [] as number[] };
    let over = false;

    /** Each for a name of their own: one account's logins wait for each other. */
    async function keepLoggingIn(_: unknown, index: number): Promise<void> {
      const json = { username: `nobody_${index}`, password: 'not the password' };
      while (!over) {
        const { status } = await client.call('POST', '/users/login', { json });
        if (status === 503) {
          logins.refused += 1;
          return;
        }
        expect(status).to.equal(401);
        logins.done += 1;
      }
    }
    async function keepSending(samples: number[], send: (content: string) => Promise<void>): Promise<void> {
      for (let count = 0; !over; count += 1) {
        const before = performance.now();
        await send(`number ${count}`);
        samples.push(performance.now() - before);
      }
    }
    async function bySocket(user: TestUser): Promise<void> {
      const socket = await connect(`${app.wsUrl}/${chat.id}?token=${user.token}`);
      await socket.sync();
      await keepSending(took.socket, async (content) => {
        socket.send({ type: 'message', content, id: content });
        await socket.next((frame) => frame['type'] === 'ack' && frame['id'] === content, 30_000);
      });
    }
    const byRest = (user: TestUser): Promise<void> =>
      keepSending(took.rest, async (content) => void (await client.send(user, chat, content)));

    const delay = monitorEventLoopDelay({ resolution: 1 });
    const loggingIn = Array.from({ length: LOGINS_AT_ONCE }, keepLoggingIn);
    // The one that is refused: the queue is full, and stays so.
    await Promise.race(loggingIn);
    delay.enable();
    const began = performance.now();
    const sending = users.map((user, index) => (index % 2 === 0 ? bySocket(user) : byRest(user)));
    await new Promise((resolve) => setTimeout(resolve, MEASURED_MS));
    over = true;
    const elapsed = performance.now() - began;
    const done = logins.done;
    delay.disable();
    await Promise.all([...sending, ...loggingIn]);

    expect(logins.refused, 'the queue was full').to.equal(1);
    const hashMs = (elapsed * HASHED_AT_ONCE) / done;
    const figures = `a hash takes ${hashMs.toFixed(0)} ms`;
    expect(p99(took.socket), `p99 of ${took.socket.length} acks by socket; ${figures}`).to.be.below(hashMs * ALLOWED);
    expect(p99(took.rest), `p99 of ${took.rest.length} answers over REST; ${figures}`).to.be.below(hashMs * ALLOWED);
    expect(delay.percentile(99) / 1e6, `p99 of the event loop's delay; ${figures}`).to.be.below(hashMs * ALLOWED);
  });
});

function p99(samples: readonly number[]): number {
  return [...samples].sort((one, other) => one - other)[Math.floor(samples.length * 0.99)] ?? Number.NaN;
}
