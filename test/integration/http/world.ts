import type { ChatResource, MessageResource } from '../../../src/protocol/resources.js';
import { buildRoutes, describeRoutes, type RouteInfo } from '../../../src/http/routes/index.js';
import { startTestApp, type TestApp, type TestAppOptions } from '../../helpers/app.js';
import { TestClient, type TestUser } from '../../helpers/client.js';

/** One line per route and method: what tests of whole tables go through. */
export interface Operation extends RouteInfo {
  readonly method: string;
  /** `PUT /api/v1/chats/:chat_id` */
  readonly name: string;
}

export const OPERATIONS: readonly Operation[] = describeRoutes(buildRoutes({ passwordMinLength: 8 })).flatMap((route) =>
  route.methods.map((method) => ({ ...route, method, name: `${method} ${route.path}` })),
);

/** A running app with people in it: Alice made everything, Bob and Carol are in it, Mallory is not. */
export interface World {
  readonly app: TestApp;
  readonly client: TestClient;
  readonly alice: TestUser;
  readonly bob: TestUser;
  readonly carol: TestUser;
  readonly mallory: TestUser;
  /** Alice (admin), Bob, Carol. */
  readonly group: ChatResource;
  /** Alice and Bob. */
  readonly direct: ChatResource;
  /** Alice's, in the group. */
  readonly message: MessageResource;
}

export async function startWorld(options: TestAppOptions = {}): Promise<World> {
  const app = await startTestApp(options);
  const client = new TestClient(app.url);
  const alice = await client.registerUser('alice');
  const [bob, carol, mallory] = await Promise.all(['bob', 'carol', 'mallory'].map((name) => client.registerUser(name)));
  if (bob === undefined || carol === undefined || mallory === undefined) throw new Error('somebody is missing');
  const group = await client.createGroup(alice, [bob, carol]);
  const direct = await client.openDirect(alice, bob);
  const message = await client.send(alice, group, 'first');
  return { app, client, alice, bob, carol, mallory, group, direct, message };
}

export interface Ids {
  readonly chat_id: number | string;
  readonly message_id: number | string;
  readonly user_id: number | string;
}

export function idsOf(world: World): Ids {
  return { chat_id: world.group.id, message_id: world.message.id, user_id: world.bob.id };
}

/** The path with its ids filled in. */
export function pathOf(operation: Pick<Operation, 'path'>, ids: Ids): string {
  return operation.path.replace(/:(chat_id|message_id|user_id)/g, (_all, name: keyof Ids) => String(ids[name]));
}

type Body = Readonly<Record<string, unknown>>;

let accounts = 0;

/** A body that its route takes, every field given; for Alice, with the ids of the world. */
const BODIES: Readonly<Record<string, (world: World) => Body>> = {
  '/api/v1/users/register': () => {
    accounts += 1;
    const username = `sample_${process.pid}_${accounts}`;
    return { username, email: `${username}@example.org`, full_name: 'Sample', password: 'correct horse 1' };
  },
  '/api/v1/users/login': ({ alice }) => ({ username: alice.username, password: alice.password }),
  '/api/v1/users/me': ({ alice }) => ({ full_name: 'Alice', email: alice.email }),
  '/api/v1/chats': ({ bob, carol }) => ({
    chat_type: 'group',
    name: 'sample',
    participant_ids: [bob.id, carol.id],
  }),
  '/api/v1/chats/:chat_id': () => ({ name: 'renamed' }),
  '/api/v1/chats/:chat_id/read': () => ({ seq: 1 }),
  '/api/v1/changes': ({ group, direct }) => ({
    chats: { [group.id]: 1, [direct.id]: 0 },
    epoch: group.epoch,
    after_chat_id: 0,
    limit: 10,
  }),
  'POST /api/v1/chats/:chat_id/participants': ({ bob, carol }) => ({ user_ids: [bob.id, carol.id] }),
  'DELETE /api/v1/chats/:chat_id/participants': ({ carol }) => ({ user_id: carol.id }),
  '/api/v1/chats/:chat_id/participants/:user_id': () => ({ is_admin: true }),
  '/api/v1/messages': ({ group }) => {
    accounts += 1;
    const client_message_id = `sample-${accounts}`;
    return { chat_id: group.id, content: 'sample', message_type: 'text', client_message_id };
  },
  '/api/v1/messages/:message_id': ({ message }) => ({ content: 'first', expected_version: message.version }),
};

/** Throws for a route that no sample exists for: a new route needs one. */
export function bodyOf(operation: Operation, world: World): Body {
  const sample = BODIES[operation.name] ?? BODIES[operation.path];
  if (sample === undefined) throw new Error(`no sample body for ${operation.name}`);
  return sample(world);
}

export const WITH_BODY = OPERATIONS.filter((operation) => operation.readsBody);
export const PRIVATE = OPERATIONS.filter((operation) => operation.access === 'private');

/** Everything that a request must not have changed, as text. */
export async function snapshot(world: World): Promise<string> {
  const { client, alice, group, direct, message } = world;
  const paths = [
    '/users/me',
    '/chats',
    `/chats/${group.id}`,
    `/chats/${group.id}/participants`,
    `/chats/${direct.id}`,
    `/messages/chat/${group.id}?limit=100`,
    `/messages/${message.id}`,
  ];
  const answers = await Promise.all(paths.map((path) => client.as(alice).get(path)));
  // last_seen is written behind the requests, also behind these.
  return answers.map((answer) => answer.text.replaceAll(/"last_seen":("[^"]*"|null)/g, '"last_seen":0')).join('\n');
}

/** Runs a table's lines a few at a time, so that a long one does not take long. */
export async function together<T>(items: readonly T[], run: (item: T) => Promise<void>): Promise<void> {
  for (let at = 0; at < items.length; at += 16) await Promise.all(items.slice(at, at + 16).map(run));
}
