import { expect } from 'chai';
import fc from 'fast-check';
import type { ChangesResource } from '../../../src/protocol/changes.js';
import type { DurableFrame } from '../../../src/protocol/events.js';
import type {
  ChatResource,
  MessageResource,
  PageResource,
  ParticipantResource,
} from '../../../src/protocol/resources.js';
import { startTestApp, type TestApp } from '../../helpers/app.js';
import { TestClient, type Answer, type TestUser } from '../../helpers/client.js';
import { freshPicture, Replica, type ChatPicture } from '../../helpers/replica.js';
import { connect, dropSockets, type Frame } from '../../helpers/ws-client.js';

const KINDS = ['send', 'edit', 'delete', 'rename', 'add', 'expel', 'leave', 'promote', 'demote', 'read'] as const;
type Step = readonly [kind: (typeof KINDS)[number], actor: number, target: number];

const PEOPLE = 4;
const DURABLE = /^(new_message|message_|participant_|chat_updated)/;

/** The first of them reads all the time and stays in the chat. */
describe('changes over REST and the live stream', function () {
  this.timeout(120_000);
  let app: TestApp;
  let client: TestClient;
  let users: TestUser[];
  before(async () => {
    app = await startTestApp();
    client = new TestClient(app.url);
    users = await client.registerUsers(PEOPLE, 'fold');
  });
  after(async () => {
    dropSockets();
    await app.stop();
  });

  const person = (index: number): TestUser => {
    const user = users[index % PEOPLE];
    if (user === undefined) throw new Error('nobody');
    return user;
  };

  async function step(chatId: number, messages: number[], [kind, actor, target]: Step): Promise<Answer<unknown>> {
    const as = client.as(person(actor));
    const guest = person(1 + (target % (PEOPLE - 1)));
    const participants = `/chats/${chatId}/participants`;
    const message = `/messages/${messages[target % Math.max(1, messages.length)] ?? 1}`;
    switch (kind) {
      case 'send': {
        const json = { chat_id: chatId, content: `text ${target}`, client_message_id: `id ${target}` };
        const sent = await as.post<MessageResource>('/messages', json);
        if (sent.status === 201) messages.push(sent.body.id);
        return sent;
      }
      case 'edit':
        return as.put(message, { content: `edited ${target}` });
      case 'delete':
        return as.del(message);
      case 'rename':
        return as.put(`/chats/${chatId}`, { name: `name ${target}` });
      case 'add':
        return as.post(participants, { user_ids: [guest.id] });
      case 'expel':
        return as.del(`${participants}/${guest.id}`);
      case 'leave':
        return client.as(guest).del(`/chats/${chatId}`);
      case 'promote':
      case 'demote':
        return as.put(`${participants}/${guest.id}`, { is_admin: kind === 'promote' });
      case 'read':
        return as.put(`/chats/${chatId}/read`, { seq: target });
      default:
        return kind satisfies never;
    }
  }

  async function changesSince(chatId: number, from: number, limit: number): Promise<[DurableFrame[], ChangesResource]> {
    const frames: DurableFrame[] = [];
    for (let since = from; ;) {
      const path = `/chats/${chatId}/changes?since_rev=${since}&limit=${limit}`;
      const { body } = await client.as(person(0)).get<ChangesResource>(path);
      frames.push(...body.changes);
      if (!body.has_more) return [frames, body];
      expect(body.rev).to.be.greaterThan(since);
      since = body.rev;
    }
  }

  async function afresh(chatId: number): Promise<{ picture: ChatPicture; rev: number; unread: number }> {
    const as = client.as(person(0));
    const chat = (await as.get<ChatResource>(`/chats/${chatId}`)).body;
    const participants = (await as.get<ParticipantResource[]>(`/chats/${chatId}/participants`)).body;
    const history = (await as.get<PageResource<MessageResource>>(`/messages/chat/${chatId}?limit=100`)).body;
    const read = (await as.put<{ unread_count: number }>(`/chats/${chatId}/read`, { seq: 0 })).body;
    const picture = freshPicture(chat.name, participants, history.items);
    return { picture, rev: chat.rev, unread: read.unread_count };
  }

  it('lead to what one finds by reading afresh, in portions of any size and from any rev', async () => {
    const one = fc.tuple(fc.constantFrom(...KINDS), fc.nat(PEOPLE - 1), fc.nat(9));
    const property = fc.asyncProperty(
      fc.array(one, { minLength: 4, maxLength: 25 }),
      fc.nat(25),
      fc.integer({ min: 1, max: 10 }),
      async (steps, pause, limit) => {
        const chat = await client.createGroup(person(1), [person(0), person(2)]);
        const socket = await connect(`${app.wsUrl}/${chat.id}?token=${person(0).token}`);
        await socket.sync();
        const messages: number[] = [];
        let asleep: { rev: number; replica: Replica } = { rev: 0, replica: new Replica() };
        for (const [index, each] of steps.entries()) {
          expect((await step(chat.id, messages, each)).status).to.be.oneOf([200, 201, 400, 403, 404, 409]);
          if (index !== pause) continue;
          const [frames, { rev }] = await changesSince(chat.id, 0, limit);
          asleep = { rev, replica: new Replica().apply(frames) };
        }
        await socket.sync();
        const { picture, rev, unread } = await afresh(chat.id);
        const [missed, last] = await changesSince(chat.id, asleep.rev, limit);
        const [all] = await changesSince(chat.id, 0, 500);
        const live = socket.frames.filter((frame): frame is Frame & DurableFrame =>
          DURABLE.test(String(frame['type'])),
        );
        expect(last).to.include({ rev, unread_count: unread });
        expect(asleep.replica.apply(missed).picture()).to.deep.equal(picture);
        expect(new Replica().apply(all).picture()).to.deep.equal(picture);
        // The stream alone tells what came after the founding.
        const founders = all.filter((frame) => frame.rev === 1);
        expect(new Replica().apply(live).apply(founders).picture()).to.deep.equal(picture);
        expect(live.map((frame) => frame.rev)).to.deep.equal(live.map((_, nth) => nth + 2));
        expect(live.length).to.equal(rev - 1);
        await socket.close();
      },
    );
    await fc.assert(property, { seed: Date.now() % 2 ** 31, numRuns: 12, endOnFailure: true });
  });
});
