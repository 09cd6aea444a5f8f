import { expect } from 'chai';
import { startTestApp, type TestApp } from '../helpers/app.js';
import { TestClient, type TestUser } from '../helpers/client.js';
import { connect, dropSockets, type Frame, type SocketClient } from '../helpers/ws-client.js';
import { forgetfulBroker, type ForgetfulBroker } from '../helpers/forgetful-broker.js';
import { readingOn } from './reading-on.js';

/** What a real Parley has said, by the name under which docs/PROTOCOL.md shows an example of it. */
export class Samples {
  private readonly byName = new Map<string, unknown[]>();

  add(name: string, value: unknown): void {
    this.byName.set(name, [...(this.byName.get(name) ?? []), value]);
  }

  of(name: string): readonly unknown[] {
    return this.byName.get(name) ?? [];
  }

  names(): readonly string[] {
    return [...this.byName.keys()].sort();
  }
}

export interface Scene {
  readonly app: TestApp;
  readonly samples: Samples;
  /** A live socket of a member of `chatId`, for frames of the page to be tried on. */
  readonly socket: SocketClient;
  /** A live socket of the same user on all their chats. */
  readonly inbox: SocketClient;
  readonly chatId: number;
  stop(): Promise<void>;
}

/** Three people live through everything that has an answer or a frame of its own. */
export async function playScene(): Promise<Scene> {
  const broker = forgetfulBroker();
  const app = await startTestApp({
    broker,
    inbox: { loud: 2, quiet: 2 },
    env: { HEARTBEAT_SECONDS: '1', RATE_SEND: '50KB/1h' },
  });
  const stop = async (): Promise<void> => {
    dropSockets();
    await app.stop();
  };
  try {
    const samples = new Samples();
    const client = new TestClient(app.url);
    const [ann, ben, cat] = await people(client, samples);
    const chatId = await overRest(client, samples, ann, ben);
    const cast = { app, broker, client, samples, ann, ben, cat, chatId };
    const socket = await overSockets(cast);
    const inbox = await readingOn(cast, socket);
    return { app, samples, socket, inbox, chatId, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function people(client: TestClient, samples: Samples): Promise<[TestUser, TestUser, TestUser]> {
  const account = { username: 'ann', email: 'ann@example.com', full_name: 'Ann Archer', password: 'correct horse' };
  const registered = await client.call('POST', '/users/register', { json: account });
  samples.add('registered', registered.body);
  const { username, password } = account;
  samples.add('token', (await client.call('POST', '/users/login', { json: { username, password } })).body);
  const ann = { ...account, id: Number(registered.body['id']), token: String(registered.body['access_token']) };
  return [ann, await client.registerUser('ben'), await client.registerUser('cat')];
}

/** Answers of every route; leaves a group of Ann and Ben behind. */
async function overRest(client: TestClient, samples: Samples, ann: TestUser, ben: TestUser): Promise<number> {
  const [asAnn, asBen] = [client.as(ann), client.as(ben)];
  const note = async (name: string, answer: Promise<{ readonly body: unknown }>): Promise<void> => {
    samples.add(name, (await answer).body);
  };
  const { id: chatId } = await client.createGroup(ann, [ben], 'Lunch');
  const json = { chat_id: chatId, content: 'Hello', client_message_id: 'first' };
  await note('message', asAnn.post('/messages', json));
  await note('duplicate', asAnn.post('/messages', json));
  const { id: messageId } = await client.send(ben, { id: chatId }, 'Hello Ann');
  await note('message', asBen.put(`/messages/${messageId}`, { content: 'Hi Ann' }));
  const { id: goneId } = await client.send(ben, { id: chatId }, 'oops');
  await note('done', asBen.del(`/messages/${goneId}`));

  await note('me', asAnn.get('/users/me'));
  await note('user', asAnn.get(`/users/${ben.id}`));
  await note('users', asAnn.get('/users/search?q=ben_'));
  await note('chat', asAnn.get(`/chats/${chatId}`));
  await note('chats', asAnn.get('/chats'));
  await note('participants', asAnn.get(`/chats/${chatId}/participants`));
  await note('page', asAnn.get(`/messages/chat/${chatId}?page=1&limit=1`));
  await note('window', asAnn.get(`/messages/chat/${chatId}?after_seq=1&limit=1`));
  await note('read', asBen.put(`/chats/${chatId}/read`, { seq: 1 }));
  await onChanges(client, samples, ann, ben, chatId);
  await note('stats', asAnn.get('/ws/stats'));
  for (const [name, path] of Object.entries({ root: '/', info: '/api/v1/info' })) await note(name, asAnn.get(path));
  for (const name of ['health', 'live', 'ready']) {
    await note(name, asAnn.get(name === 'health' ? '/health' : `/health/${name}`));
  }
  await note('problem', asAnn.get('/chats/999999'));
  await note('problem_fields', asAnn.post('/messages', { chat_id: '5', content: '' }));
  return chatId;
}

/** What was missed, of one chat and of many. */
async function onChanges(
  client: TestClient,
  samples: Samples,
  ann: TestUser,
  ben: TestUser,
  chatId: number,
): Promise<void> {
  const asAnn = client.as(ann);
  const changes = await asAnn.get(`/chats/${chatId}/changes?since_rev=1`);
  samples.add('changes', changes.body);
  samples.add('resync', (await asAnn.get(`/chats/${chatId}/changes?since_rev=999`)).body);
  const { id: other } = await client.createGroup(ann, [ben]);
  await client.createGroup(ann, [ben]);
  const chats = { [chatId]: changes.body['rev'], [other]: 999, 999999: 0 };
  samples.add('vector', (await asAnn.post('/changes', { chats })).body);
  await asAnn.del(`/chats/${other}`);
}

export interface Cast {
  readonly app: TestApp;
  readonly broker: ForgetfulBroker;
  readonly client: TestClient;
  readonly samples: Samples;
  readonly ann: TestUser;
  readonly ben: TestUser;
  readonly cat: TestUser;
  readonly chatId: number;
}

/** Every frame that a server sends; Ann's socket stays open. */
async function overSockets({ app, client, samples, ann, ben, cat, chatId }: Cast): Promise<SocketClient> {
  const open = (user: TestUser): Promise<SocketClient> => connect(`${app.wsUrl}/${chatId}?token=${user.token}`);
  const asAnn = client.as(ann);
  const annSocket = await open(ann);
  samples.add('pong', await annSocket.sync());
  const benSocket = await open(ben);
  await annSocket.nextOf('user_joined');
  const { seq } = await client.send(ann, { id: chatId }, 'Who is there?');
  benSocket.send({ type: 'read', id: 2, seq });
  samples.add('ack', await benSocket.nextOf('ack'));
  await annSocket.nextOf('read');
  const online = await asAnn.get(`/ws/chat/${chatId}/online`);
  samples.add('online', online.body);

  benSocket.send({ type: 'typing', content: 'start' });
  await annSocket.nextOf('typing_started');
  benSocket.send({ type: 'typing', content: 'stop' });
  await annSocket.nextOf('typing_stopped');
  benSocket.send({ type: 'message', id: 1, content: 'Hello', client_message_id: 'b-1' });
  samples.add('ack', await benSocket.nextOf('ack'));
  const asBen = client.as(ben);
  const newest = await asBen.get<{ items: { id: number }[] }>(`/messages/chat/${chatId}?limit=1`);
  const path = `/messages/${newest.body.items[0]?.id}`;
  await asBen.put(path, { content: 'Hello again' });
  await asBen.del(path);
  benSocket.send({ type: 'dance', id: 2 });
  samples.add('error', await benSocket.nextOf('error'));
  // Twice the longest message is more than the app lets one user send.
  for (const id of [3, 4]) benSocket.send({ type: 'message', id, content: '\u{1F600}'.repeat(10_000) });
  samples.add('error', await benSocket.nextOf('error'));

  await asAnn.put(`/chats/${chatId}`, { name: 'Friday lunch' });
  const added = await asAnn.post(`/chats/${chatId}/participants`, { user_ids: [cat.id] });
  samples.add('added', added.body);
  const raised = await asAnn.put(`/chats/${chatId}/participants/${cat.id}`, { is_admin: true });
  samples.add('participant', raised.body);
  await asAnn.del(`/chats/${chatId}/participants/${ben.id}`);
  const closed = await benSocket.closed;
  expect(closed).to.deep.equal({ code: 4003, reason: 'Access denied to chat' });
  await annSocket.nextOf('user_left');
  await annSocket.nextOf('participant_removed');
  await annSocket.sync();

  for (const frame of annSocket.frames) if (!REPLIES.has(typeOf(frame))) samples.add(typeOf(frame), frame);
  return annSocket;
}

/** Sampled where their question is asked. */
const REPLIES = new Set(['ack', 'pong', 'error', 'heartbeat']);

function typeOf(frame: Frame): string {
  return String(frame['type']);
}
