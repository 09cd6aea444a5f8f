import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { check } from './checks.js';
import { curl, wscat, type Json } from './clients.js';

/** Two people register, talk in a direct and a group chat over REST and sockets, and the server is told to stop. */
export async function walk(url: string, server: ChildProcess): Promise<void> {
  const api = `${url}/api/v1`;
  check('GET /health', (await curl(`${url}/health`, 'GET', null)).json['status'] === 'healthy', 'not healthy');

  const register = async (username: string) => {
    const answer = await curl(`${api}/users/register`, 'POST', null, {
      username,
      email: `${username}@example.com`,
      password: 'correct horse battery',
    });
    check(`register ${username}`, answer.status === 201, answer);
    return { id: answer.json['id'] as number, token: answer.json['access_token'] as string };
  };
  const ann = await register('ann');
  const ben = await register('ben');
  const login = await curl(`${api}/users/login`, 'POST', null, { username: 'ann', password: 'correct horse battery' });
  check('log in', login.status === 200 && login.json['token_type'] === 'bearer', login);

  const direct = await curl(`${api}/chats/`, 'POST', ann.token, { chat_type: 'direct', participant_ids: [ben.id] });
  check('open a direct chat', direct.status === 201, direct);
  const group = await curl(`${api}/chats`, 'POST', ann.token, {
    chat_type: 'group',
    name: 'Team',
    participant_ids: [ben.id],
  });
  check('create a group', group.status === 201, group);
  const chatId = direct.json['id'] as number;

  const socket = wscat(`${url.replace('http', 'ws')}/api/v1/ws/${chatId}?token=${ben.token}`);
  // Live before the other one comes, so that it sees them come.
  await socket.live();
  const annSocket = wscat(`${url.replace('http', 'ws')}/api/v1/ws/${chatId}?token=${ann.token}`);
  try {
    check('presence reaches the other', (await socket.next('user_joined'))['user_id'] === ann.id, 'other user');
    const sent = await curl(`${api}/messages/`, 'POST', ann.token, { chat_id: chatId, content: 'hello over REST' });
    check('send by REST', sent.status === 201 && sent.json['seq'] === 1, sent);
    const live = await socket.next('new_message');
    check('it arrives live', (live['message'] as Json)['content'] === 'hello over REST', live);

    socket.send({ type: 'message', content: 'hello over a socket', client_message_id: 'c-1', id: 7 });
    const ack = await socket.next('ack');
    check('send by socket, acknowledged', ack['seq'] === 2 && ack['id'] === 7, ack);
    await annSocket.next('new_message');
    const second = await annSocket.next('new_message');
    check(
      'and live for the sender of the first',
      (second['message'] as Json)['content'] === 'hello over a socket',
      second,
    );
    socket.send({ type: 'typing', content: 'start' });
    check('typing', (await annSocket.next('typing_started'))['user_id'] === ben.id, 'other user');

    const id = sent.json['id'] as number;
    const edited = await curl(`${api}/messages/${id}`, 'PUT', ann.token, { content: 'hello, edited' });
    check('edit', edited.status === 200 && edited.json['is_edited'] === true, edited);
    check('edit arrives live', (await socket.next('message_updated'))['chat_id'] === chatId, 'other chat');
    const removed = await curl(`${api}/messages/${ack['message_id'] as number}`, 'DELETE', ben.token);
    check('delete', removed.status === 200, removed);
    check('delete arrives live', (await annSocket.next('message_deleted'))['seq'] === 2, 'other seq');

    const history = await curl(`${api}/messages/chat/${chatId}`, 'GET', ben.token);
    const items = history.json['items'] as Json[];
    check('history', items.length === 1 && items[0]?.['content'] === 'hello, edited', history);
    const inGroup = await curl(`${api}/messages/`, 'POST', ben.token, { chat_id: group.json['id'], content: 'hi all' });
    check('send to the group', inGroup.status === 201, inGroup);
    const list = await curl(`${api}/chats/`, 'GET', ann.token);
    check('chat list shows it', ((list.json['items'] as Json[])[0] ?? {})['last_message'] === 'hi all', list);
  } finally {
    socket.stop();
    annSocket.stop();
  }

  const ended = once(server, 'exit');
  server.kill('SIGTERM');
  const [code] = (await ended) as [number | null];
  check('SIGTERM ends it with exit code 0', code === 0, code);
}
