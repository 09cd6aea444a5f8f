/** The limit for sockets: uWebSockets.js alone, answering every frame with an ack and two events. */
import { App, us_listen_socket_close, us_socket_local_port, DISABLED } from 'uWebSockets.js';
import { BARE_ACK, BARE_EVENT } from './bare-answers.js';

const app = App();
app.ws('/api/v1/ws/:chat', {
  compression: DISABLED,
  maxPayloadLength: 160 * 1024,
  idleTimeout: 120,
  message(socket) {
    socket.send(BARE_ACK, false);
    socket.send(BARE_EVENT, false);
    socket.send(BARE_EVENT, false);
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
