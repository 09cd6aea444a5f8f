/**
 * The limit for sockets: uWebSockets.js alone. A frame is answered with an ack, and an event goes to every socket of the
 * chat in the path, the sender's included, as Parley's do; typing goes to the others and is not answered.
 */
import { App, us_listen_socket_close, us_socket_local_port, DISABLED } from 'uWebSockets.js';
import { BARE_ACK, BARE_EVENT, BARE_PONG, BARE_TYPING } from './bare-answers.js';

const app = App();
interface ChatOfSocket {
  readonly chat: string;
}
/** Chats that a socket of all chats follows. */
const CHATS = 5;
let inboxes = 0;

app.ws('/api/v1/ws', {
  compression: DISABLED,
  maxPayloadLength: 160 * 1024,
  idleTimeout: 120,
  open(socket) {
    inboxes += 1;
    // Two sockets to a chat, as the chats of two people have.
    for (let chat = 0; chat < CHATS; chat += 1) socket.subscribe(`${inboxes >> 1}-${chat}`);
  },
  message(socket) {
    socket.send(BARE_PONG, false);
  },
});
app.ws<ChatOfSocket>('/api/v1/ws/:chat', {
  compression: DISABLED,
  maxPayloadLength: 160 * 1024,
  idleTimeout: 120,
  upgrade(response, request, context) {
    response.upgrade<ChatOfSocket>(
      { chat: request.getParameter(0) ?? '' },
      request.getHeader('sec-websocket-key'),
      request.getHeader('sec-websocket-protocol'),
      request.getHeader('sec-websocket-extensions'),
      context,
    );
  },
  open(socket) {
    socket.subscribe(socket.getUserData().chat);
  },
  message(socket, data) {
    const type = typeOf(data);
    // By which a sender learns that it is connected: an event for it would be one too many for whoever counts them.
    if (type === 'pi') {
      socket.send(BARE_PONG, false);
      return;
    }
    if (type === 'ty') {
      socket.publish(socket.getUserData().chat, BARE_TYPING, false);
      return;
    }
    socket.send(BARE_ACK, false);
    app.publish(socket.getUserData().chat, BARE_EVENT, false);
  },
});
app.listen('127.0.0.1', 0, (token) => {
  if (token === false) throw new Error('cannot listen');
  console.log(JSON.stringify({ url: `http://127.0.0.1:${us_socket_local_port(token)}` }));
  process.once('SIGTERM', () => {
    us_listen_socket_close(token);
    process.exit(0);
  });
});

/** The first letters of the type, without decoding. */
function typeOf(data: ArrayBuffer): string {
  return Buffer.from(data, '{"type":"'.length, 2).toString('latin1');
}
