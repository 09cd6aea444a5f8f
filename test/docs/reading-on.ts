import { connect, type SocketClient } from '../helpers/ws-client.js';
import type { Cast } from './scenario.js';

/** The frames of resumes and of a socket for all chats, which stays open. Ann's own socket is `socket`. */
export async function readingOn(
  { app, broker, client, samples, ann, ben, cat, chatId }: Cast,
  socket: SocketClient,
): Promise<SocketClient> {
  const note = async (from: SocketClient, ...types: readonly string[]): Promise<void> => {
    for (const type of types) samples.add(type, await from.nextOf(type, 10_000));
  };
  socket.send({ type: 'resume', id: 3, since_rev: 1 });
  await note(socket, 'ready');
  socket.send({ type: 'resume', id: 4, since_rev: 999 });
  await note(socket, 'resync_required');
  await note(socket, 'heartbeat');

  broker.loses = ({ type }) => type === 'new_message';
  await client.send(cat, { id: chatId }, 'Nobody hears me');
  await note(socket, 'caught_up');
  broker.loses = () => false;

  const inbox = await connect(app.wsUrl, { headers: { authorization: `Bearer ${ann.token}` } });
  await note(inbox, 'inbox_ready');
  const { id: other } = await client.createGroup(ben, [ann, cat]);
  // It is one more than the socket has room for.
  await note(inbox, 'chat_changed', 'chat_added');
  await client.as(ben).del(`/chats/${other}/participants/${ann.id}`);
  await note(inbox, 'chat_removed');
  return inbox;
}
