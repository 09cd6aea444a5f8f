import type { Identity } from '../../../src/domain/user.js';
import type { TestApp } from '../../helpers/app.js';
import { connect, type Frame, type SocketClient } from '../../helpers/ws-client.js';

export interface Person extends Identity {
  readonly token: string;
}

let lastPerson = 0;

/** Registers users with names of their own, in ascending order of id. */
export async function people(app: TestApp, count: number): Promise<Person[]> {
  const registered: Person[] = [];
  while (registered.length < count) {
    const username = `person${(lastPerson += 1)}`;
    const { access } = await app.services.users.register(
      { username, email: `${username}@example.com`, fullName: null, password: 'correct horse' },
      { address: '127.0.0.1' },
    );
    const identity = await app.services.users.authenticate(access.token);
    registered.push({ ...identity, token: access.token });
  }
  return registered;
}

/** A group; the first is its admin. */
export async function groupOf(app: TestApp, [creator, ...others]: readonly Person[]): Promise<number> {
  if (creator === undefined) throw new Error('a group needs a creator');
  const { view } = await app.services.chats.create(creator, {
    type: 'group',
    name: 'group',
    participantIds: others.map((person) => person.userId),
  });
  return view.chat.id;
}

/** A socket of `person` on the chat, live. */
export async function live(app: TestApp, chatId: number, person: Person): Promise<SocketClient> {
  const client = await connect(`${app.wsUrl}/${chatId}?token=${person.token}`);
  await client.sync();
  return client;
}

const DURABLE = new Set<unknown>([
  'new_message',
  'message_updated',
  'message_deleted',
  'participant_added',
  'participant_updated',
  'participant_removed',
  'chat_updated',
]);

/** Frames that tell of durable changes, in the order they came. */
export function durable(client: SocketClient): Frame[] {
  return client.frames.filter((frame) => DURABLE.has(frame['type']));
}

/** The content of a `new_message` or `message_updated`. */
export function contentOf(frame: Frame): unknown {
  return (frame['message'] as Frame | undefined)?.['content'];
}

/** Waits until `holds`; fails after five seconds, or as long as it is given. */
export async function until(holds: () => boolean, what: string, patienceMs = 5_000): Promise<void> {
  const deadline = performance.now() + patienceMs;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`not in time: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Calls the REST API; the parsed body, whatever the status. */
export async function rest(
  app: TestApp,
  person: Person,
  method: string,
  path: string,
  body?: object,
): Promise<{ readonly status: number; readonly body: Frame }> {
  const response = await fetch(`${app.url}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${person.token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Frame };
}
