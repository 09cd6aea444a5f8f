import { randomInt } from 'node:crypto';
import { expect } from 'chai';
import { startTestApp, type TestApp } from '../../helpers/app.js';
import { connect, dropSockets } from '../../helpers/ws-client.js';
import { durable, groupOf, live, people, rest, type Person } from './fixtures.js';

/** Holds the next membership read of a user until the test lets it go on. */
class JoinGate {
  private held: { readonly userId: number; readonly reached: () => void; readonly release: Promise<void> } | null =
    null;

  hold(userId: number): { readonly reached: Promise<void>; readonly release: () => void } {
    let reached: () => void = () => undefined;
    let release: () => void = () => undefined;
    const reachedPromise = new Promise<void>((resolve) => (reached = resolve));
    const releasePromise = new Promise<void>((resolve) => (release = resolve));
    this.held = { userId, reached, release: releasePromise };
    return { reached: reachedPromise, release };
  }

  async pass(userId: number): Promise<void> {
    const { held } = this;
    if (held?.userId !== userId) return;
    this.held = null;
    held.reached();
    await held.release;
  }
}

describe('sockets: membership', () => {
  const beforeRead = new JoinGate();
  const afterRead = new JoinGate();
  let app: TestApp;
  let ada: Person;
  let ben: Person;
  let cleo: Person;
  let chatId: number;

  before(async () => {
    app = await startTestApp({
      wrapServices: (services) => ({
        ...services,
        realtime: {
          ...services.realtime,
          async join(actor, chat) {
            await beforeRead.pass(actor.userId);
            const joined = await services.realtime.join(actor, chat);
            await afterRead.pass(actor.userId);
            return joined;
          },
        },
      }),
    });
    [ada, ben, cleo] = (await people(app, 3)) as [Person, Person, Person];
  });
  beforeEach(async () => {
    chatId = await groupOf(app, [ada, ben, cleo]);
  });
  afterEach(dropSockets);
  after(() => app.stop());

  const remove = (person: Person): Promise<void> => app.services.participants.remove(ada, chatId, person.userId);
  const say = (content: string): Promise<unknown> =>
    app.services.messages.send(ada, { chatId, content, messageType: 'text', clientMessageId: null });

  it('a removed member’s sockets get the event, then 4003, then nothing; REST refuses at once', async () => {
    const [first, second, other] = [
      await live(app, chatId, ben),
      await live(app, chatId, ben),
      await live(app, chatId, cleo),
    ];
    await say('before');
    await remove(ben);
    await say('after');
    for (const client of [first, second]) {
      expect(await client.closed).to.deep.equal({ code: 4003, reason: 'Access denied to chat' });
      expect(durable(client).map((frame) => frame['type'])).to.deep.equal(['new_message', 'participant_removed']);
    }
    await other.next((frame) => JSON.stringify(frame).includes('after'));
    expect(durable(other)).to.have.length(3);
    expect((await rest(app, ben, 'GET', `/chats/${chatId}`)).status).to.equal(404);
    const again = await connect(`${app.wsUrl}/${chatId}?token=${ben.token}`);
    expect((await again.closed).code).to.equal(4003);
  });

  it('who leaves by themself is closed the same way', async () => {
    const client = await live(app, chatId, ben);
    expect((await rest(app, ben, 'DELETE', `/chats/${chatId}`)).status).to.equal(200);
    expect((await client.closed).code).to.equal(4003);
    expect(durable(client)).to.have.length(1);
    expect(durable(client)[0]).to.include({ type: 'participant_removed', user_id: ben.userId, by: ben.userId });
  });

  it('a removal that commits between registration and membership read refuses the socket', async () => {
    const gate = beforeRead.hold(ben.userId);
    const client = await connect(`${app.wsUrl}/${chatId}?token=${ben.token}`);
    await gate.reached;
    await remove(ben);
    await say('not for ben');
    gate.release();
    expect((await client.closed).code).to.equal(4003);
    expect(client.frames).to.deep.equal([]);
  });

  it('a removal that commits after the membership read is delivered and closes the socket', async () => {
    const gate = afterRead.hold(ben.userId);
    const client = await connect(`${app.wsUrl}/${chatId}?token=${ben.token}`);
    await gate.reached;
    await say('for ben');
    await remove(ben);
    await say('not for ben');
    gate.release();
    expect((await client.closed).code).to.equal(4003);
    expect(durable(client).map((frame) => frame['type'])).to.deep.equal(['new_message', 'participant_removed']);
  });

  it('messages that commit while the membership is read arrive once and in order', async () => {
    const gates = [beforeRead.hold(ben.userId), afterRead.hold(ben.userId)];
    const client = await connect(`${app.wsUrl}/${chatId}?token=${ben.token}`);
    await gates[0]?.reached;
    await say('seen by the read');
    gates[0]?.release();
    await gates[1]?.reached;
    await say('first');
    await say('second');
    gates[1]?.release();
    await client.next((frame) => JSON.stringify(frame).includes('second'));
    await say('third');
    await client.next((frame) => JSON.stringify(frame).includes('third'));
    const contents = durable(client).map((frame) => (frame['message'] as { content: string }).content);
    expect(contents).to.deep.equal(['first', 'second', 'third']);
  });

  it('who was removed and added again may connect, and reads on from there', async () => {
    await remove(ben);
    await app.services.participants.add(ada, chatId, [ben.userId]);
    const client = await live(app, chatId, ben);
    await say('welcome back');
    await client.nextOf('new_message');
    expect(durable(client)).to.have.length(1);
  });

  it('in many races no removed member sees anything later than the removal', async () => {
    const seed = randomInt(2 ** 31);
    const random = generator(seed);
    for (let round = 0; round < 60; round += 1) {
      const client = connect(`${app.wsUrl}/${chatId}?token=${ben.token}`);
      const pause = (): Promise<void> => ticks(Math.floor(random() * 12));
      await pause();
      const work = [say(`${round} a`), pause().then(() => remove(ben)), pause().then(() => say(`${round} b`))];
      const socket = await client;
      expect((await socket.closed).code, `seed ${seed}, round ${round}`).to.equal(4003);
      await Promise.all(work);
      const seen = durable(socket);
      const removal = seen.findIndex((frame) => frame['type'] === 'participant_removed');
      if (removal >= 0) expect(removal, `seed ${seed}, round ${round}`).to.equal(seen.length - 1);
      const revs = seen.map((frame) => frame['rev'] as number);
      expect(revs, `seed ${seed}, round ${round}`).to.deep.equal(revs.map((_, index) => (revs[0] ?? 0) + index));
      await app.services.participants.add(ada, chatId, [ben.userId]);
    }
  });
});

async function ticks(count: number): Promise<void> {
  for (let tick = 0; tick < count; tick += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
