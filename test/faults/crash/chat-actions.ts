import type { ChatResource } from '../../../src/protocol/resources.js';
import type { Answer, TestClient, TestUser } from '../../helpers/client.js';

/** A group with one admin and two members, and two people who are not in it. */
export interface ChatScene {
  readonly chat: ChatResource;
  readonly ada: TestUser;
  readonly bob: TestUser;
  /** In the group before and after every action: looks. */
  readonly eve: TestUser;
  readonly outsiders: readonly [TestUser, TestUser];
}

type Loose = Answer<Record<string, unknown>>;

export interface ChatAction {
  readonly name: string;
  readonly call: (client: TestClient, scene: ChatScene) => Promise<Loose>;
  /** Status of the same call once it is done. */
  readonly again: number;
}

export async function setChatScene(client: TestClient): Promise<ChatScene> {
  // By id: of those who joined at once, the one with the lowest is the heir.
  const users = (await client.registerUsers(5)).sort((a, b) => a.id - b.id);
  const [ada, bob, eve, out, far] = users;
  if (ada === undefined || bob === undefined || eve === undefined || out === undefined || far === undefined) {
    throw new Error('five users were asked for');
  }
  return { chat: await client.createGroup(ada, [bob, eve], 'Before'), ada, bob, eve, outsiders: [out, far] };
}

/** Every change of a chat that takes several rows. */
export const CHAT_ACTIONS: readonly ChatAction[] = [
  {
    name: 'renaming',
    call: (client, { chat, ada }) => client.as(ada).put(`/chats/${chat.id}`, { name: 'After' }),
    again: 200,
  },
  {
    name: 'adding two',
    call: (client, { chat, ada, outsiders }) =>
      client.as(ada).post(`/chats/${chat.id}/participants`, { user_ids: outsiders.map(({ id }) => id) }),
    again: 200,
  },
  {
    name: 'removing',
    call: (client, { chat, ada, bob }) => client.as(ada).del(`/chats/${chat.id}/participants/${bob.id}`),
    again: 404,
  },
  {
    name: 'leaving as the last admin',
    call: (client, { chat, ada }) => client.as(ada).del(`/chats/${chat.id}`),
    again: 404,
  },
  {
    name: 'promoting',
    call: (client, { chat, ada, bob }) =>
      client.as(ada).put(`/chats/${chat.id}/participants/${bob.id}`, { is_admin: true }),
    again: 200,
  },
];

/** What Eve sees of the group, without what differs from scene to scene. */
export async function seenBy(client: TestClient, { chat, ada, bob, eve, outsiders }: ChatScene): Promise<object> {
  const names = new Map([ada, bob, eve, ...outsiders].map((user, index) => [user.id, index]));
  const view = await client.as(eve).get<ChatResource>(`/chats/${chat.id}`);
  const people = await client.as(eve).get<{ user_id: number; is_admin: boolean }[]>(`/chats/${chat.id}/participants`);
  return {
    name: view.body.name,
    rev: view.body.rev,
    people: people.body.map((one) => [names.get(one.user_id), one.is_admin]).sort(),
  };
}
