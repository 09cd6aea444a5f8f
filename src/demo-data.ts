import { randomBytes } from 'node:crypto';
import type { Identity } from './domain/user.js';
import type { Services } from './services/services.js';

export interface DemoPerson {
  readonly username: string;
  readonly password: string;
  readonly token: string;
  readonly identity: Identity;
}

export interface DemoData {
  readonly alice: DemoPerson;
  readonly bob: DemoPerson;
  readonly directChatId: number;
  readonly groupChatId: number;
}

const ORIGIN = { address: '127.0.0.1' };

/** Three people, a direct chat and a group with a little history, made through the same services that clients use. */
export async function createDemoData(services: Services): Promise<DemoData> {
  const alice = await createPerson(services, 'demo_alice', 'Alice Example');
  const bob = await createPerson(services, 'demo_bob', 'Bob Example');
  const carol = await createPerson(services, 'demo_carol', 'Carol Example');

  const direct = await services.chats.create(alice.identity, {
    type: 'direct',
    name: null,
    participantIds: [bob.identity.userId],
  });
  const group = await services.chats.create(alice.identity, {
    type: 'group',
    name: 'Friday lunch',
    participantIds: [bob.identity.userId, carol.identity.userId],
  });
  const say = (who: DemoPerson, chatId: number, content: string) =>
    services.messages.send(who.identity, { chatId, content, messageType: 'text', clientMessageId: null });
  await say(alice, direct.view.chat.id, 'Hi Bob, is the new place open?');
  await say(bob, direct.view.chat.id, 'Since Monday. Shall we?');
  await say(alice, group.view.chat.id, 'Lunch on Friday at noon?');
  await say(carol, group.view.chat.id, 'Count me in.');
  return { alice, bob, directChatId: direct.view.chat.id, groupChatId: group.view.chat.id };
}

async function createPerson(services: Services, username: string, fullName: string): Promise<DemoPerson> {
  const password = randomBytes(9).toString('base64url');
  const { access } = await services.users.register(
    { username, email: `${username}@demo.example`, fullName, password },
    ORIGIN,
  );
  const identity = await services.users.authenticate(access.token);
  return { username, password, token: access.token, identity };
}

/** Lines to paste into a terminal, in the order in which they show something. */
export function demoLines(data: DemoData, baseUrl: string): readonly string[] {
  const { alice, bob, directChatId, groupChatId } = data;
  const ws = baseUrl.replace(/^http/, 'ws');
  const as = (who: DemoPerson) => `-H 'Authorization: Bearer ${who.token}'`;
  const json = `-H 'Content-Type: application/json'`;
  const credentials = JSON.stringify({ username: bob.username, password: bob.password });
  const message = JSON.stringify({ chat_id: directChatId, content: 'Hello from curl' });
  const frame = JSON.stringify({ type: 'message', content: 'Hello from a socket' });
  return [
    'Watch the direct chat as Bob (leave it open; type the frame below into it):',
    `  npx wscat -c '${ws}/api/v1/ws/${directChatId}?token=${bob.token}'`,
    `  ${frame}`,
    '',
    'Send to it as Alice, and read the history:',
    `  curl -s ${as(alice)} ${json} -d '${message}' ${baseUrl}/api/v1/messages/`,
    `  curl -s ${as(alice)} ${baseUrl}/api/v1/messages/chat/${directChatId}`,
    '',
    "Alice's chats, and who is in the group:",
    `  curl -s ${as(alice)} ${baseUrl}/api/v1/chats/`,
    `  curl -s ${as(alice)} ${baseUrl}/api/v1/chats/${groupChatId}/participants`,
    '',
    `Log in as Bob (these tokens end after a while):`,
    `  curl -s ${json} -d '${credentials}' ${baseUrl}/api/v1/users/login`,
  ];
}
