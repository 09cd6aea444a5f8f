import { expect } from 'chai';
import { startTestApp, type TestApp } from '../../helpers/app.js';
import { connect, dropSockets } from '../../helpers/ws-client.js';
import { durable, groupOf, live, people, type Person } from './fixtures.js';

describe('sockets: an account that is disabled', () => {
  let app: TestApp;
  let ada: Person;
  let ben: Person;
  let chatId: number;

  beforeEach(async () => {
    app = await startTestApp({ env: { HEARTBEAT_SECONDS: '1' } });
    [ada, ben] = (await people(app, 2)) as [Person, Person];
    chatId = await groupOf(app, [ada, ben]);
  });
  afterEach(async () => {
    dropSockets();
    await app.stop();
  });

  /** By hand, in the database. */
  async function disable({ userId }: Person): Promise<void> {
    await app.stores.sql.transaction((tx) => tx.run('UPDATE users SET is_active = FALSE WHERE id = ?', [userId]));
  }

  const ENDED = { code: 4001, reason: 'Authentication failed' };

  it('loses its sockets by the comparison with the database, and nobody else does', async () => {
    const chat = await live(app, chatId, ben);
    const inbox = await connect(`${app.wsUrl}?token=${ben.token}`);
    const other = await live(app, chatId, ada);
    const began = performance.now();
    await disable(ben);
    expect(await chat.closed).to.deep.equal(ENDED);
    expect(await inbox.closed).to.deep.equal(ENDED);
    expect(performance.now() - began).to.be.below(5_000);
    await other.sync();
  });

  it('loses them as soon as a request of it is refused', async () => {
    const quiet = await startTestApp({ env: { HEARTBEAT_SECONDS: '0' } });
    try {
      const [person] = (await people(quiet, 1)) as [Person];
      const inbox = await connect(`${quiet.wsUrl}?token=${person.token}`);
      await inbox.sync();
      await quiet.stores.sql.transaction((tx) =>
        tx.run('UPDATE users SET is_active = FALSE WHERE id = ?', [person.userId]),
      );
      const began = performance.now();
      const me = (): Promise<number> =>
        fetch(`${quiet.url}/api/v1/users/me`, { headers: { authorization: `Bearer ${person.token}` } }).then(
          async (answer) => {
            await answer.text();
            return answer.status;
          },
        );
      while ((await me()) !== 401) expect(performance.now() - began).to.be.below(2_000);
      expect(await inbox.closed).to.deep.equal(ENDED);
      expect(performance.now() - began).to.be.below(2_000);
    } finally {
      await quiet.stop();
    }
  });

  it('sends nothing, however long its token lives', async () => {
    const client = await live(app, chatId, ben);
    const other = await live(app, chatId, ada);
    await disable(ben);
    client.send({ type: 'message', content: 'late', id: 1 });
    expect(await client.closed).to.deep.equal(ENDED);
    const reply = client.frames.find(({ id }) => id === 1);
    expect(reply ?? null).to.satisfy(
      (frame: unknown) => frame === null || (frame as { type: string }).type === 'error',
    );
    await other.sync();
    expect(durable(other)).to.deep.equal([]);
    const again = await connect(`${app.wsUrl}/${chatId}?token=${ben.token}`);
    expect((await again.closed).code).to.equal(4001);
  });
});
