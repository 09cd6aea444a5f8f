import type { ChatListItemResource, ChatResource, MessageResource } from '../../../src/protocol/resources.js';
import type { Answer, TestClient, TestUser } from '../../helpers/client.js';
import { CHAT_ACTIONS, seenBy, setChatScene, type ChatScene } from './chat-actions.js';
import type { StatementPlace } from './orders.js';

type Loose = Answer<Record<string, unknown>>;

/** A change of a scene of its own, which one client asks for and others look at. */
export interface PreparedChange {
  call(client: TestClient): Promise<Loose>;
  /** What differs from scene to scene left out. */
  seen(client: TestClient): Promise<object>;
}

export interface Change {
  readonly name: string;
  readonly place: StatementPlace;
  /** Status of the same call once it is done; null: each call is a change of its own. */
  readonly again: number | null;
  prepare(client: TestClient): Promise<PreparedChange>;
}

/** A scene with an edited message of Ada's in it. */
async function setScene(client: TestClient): Promise<ChatScene & { readonly message: number }> {
  const scene = await setChatScene(client);
  const { id } = await client.send(scene.ada, scene.chat, 'at first');
  const edited = await client.as(scene.ada).put(`/messages/${id}`, { content: 'later' });
  if (edited.status !== 200) throw new Error(`editing answered ${edited.status}: ${edited.text}`);
  return { ...scene, message: id };
}

/** The chat, its people and its messages, as Eve finds them over all ways of reading. */
async function chatAndMessages(client: TestClient, scene: ChatScene): Promise<object> {
  const { chat, eve } = scene;
  const view = await client.as(eve).get<ChatResource>(`/chats/${chat.id}`);
  const page = await client.as(eve).get<{ items: MessageResource[] }>(`/messages/chat/${chat.id}?limit=100`);
  return {
    ...(await seenBy(client, scene)),
    lastSeq: view.body.last_seq,
    messages: page.body.items.map(({ seq, rev, version, content }) => [seq, rev, version, content]),
    list: await listOf(client, eve),
  };
}

async function listOf(client: TestClient, user: TestUser): Promise<readonly unknown[]> {
  const { items } = (await client.as(user).get<{ items: ChatListItemResource[] }>('/chats')).body;
  return items.map((item) => [item.name, item.participant_count, item.unread_count, item.last_message, item.rev]);
}

async function listsOf(client: TestClient, users: readonly TestUser[]): Promise<object> {
  return { lists: await Promise.all(users.map((user) => listOf(client, user))) };
}

function inScene(
  name: string,
  place: StatementPlace,
  again: number,
  call: (client: TestClient, scene: ChatScene & { readonly message: number }) => Promise<Loose>,
): Change {
  return {
    name,
    place,
    again,
    async prepare(client) {
      const scene = await setScene(client);
      return { call: (now) => call(now, scene), seen: (now) => chatAndMessages(now, scene) };
    },
  };
}

const MESSAGES: readonly Change[] = [
  inScene('a send', 'statement.send', 200, (client, { chat, ada }) =>
    client.as(ada).post('/messages', { chat_id: chat.id, content: 'said', client_message_id: 'key' }),
  ),
  inScene('an edit', 'statement.edit', 200, (client, { ada, message }) =>
    client.as(ada).put(`/messages/${message}`, { content: 'changed' }),
  ),
  inScene('a delete', 'statement.delete', 404, (client, { ada, message }) =>
    client.as(ada).del(`/messages/${message}`),
  ),
  inScene('a read mark', 'statement.read', 200, (client, { chat, eve }) =>
    client.as(eve).put(`/chats/${chat.id}/read`, { seq: 1 }),
  ),
];

const PLACES: Readonly<Record<string, StatementPlace>> = {
  renaming: 'statement.rename',
  'adding two': 'statement.add',
  removing: 'statement.remove',
  'leaving as the last admin': 'statement.remove',
  promoting: 'statement.promote',
};

const PEOPLE: readonly Change[] = CHAT_ACTIONS.map(({ name, call, again }) => {
  const place = PLACES[name];
  if (place === undefined) throw new Error(`whose statements are those of ${name}?`);
  return inScene(`${name}`, place, again, call);
});

const CHATS: readonly Change[] = [
  {
    name: 'a new group',
    place: 'statement.create',
    again: null,
    async prepare(client) {
      const { ada, bob, eve } = await setScene(client);
      const json = { chat_type: 'group', name: 'New', participant_ids: [bob.id, eve.id] };
      return { call: (now) => now.as(ada).post('/chats', json), seen: (now) => listsOf(now, [ada, bob, eve]) };
    },
  },
  {
    name: 'a new direct chat',
    place: 'statement.open',
    again: 200,
    async prepare(client) {
      const { ada, eve } = await setScene(client);
      const json = { chat_type: 'direct', participant_ids: [eve.id] };
      return { call: (now) => now.as(ada).post('/chats', json), seen: (now) => listsOf(now, [ada, eve]) };
    },
  },
];

/** Every durable change of a message, a chat or who is in it. */
export const CHANGES: readonly Change[] = [...MESSAGES, ...PEOPLE, ...CHATS];
