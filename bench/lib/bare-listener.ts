/**
 * The limit for REST: Koa routes that do nothing, behind the very listener that Parley is built with, answering bodies
 * of the same shape. Its sockets answer every frame with an ack and two events, which shows what the load client and
 * the listener can do when nothing is stored. Started as a process of its own.
 */
import Router from '@koa/router';
import Koa from 'koa';
import { koaBody } from 'koa-body';
import type { openListener } from '../../src/edge/open-listener.js';
import { LIMITS } from '../../src/protocol/limits.js';
import { builtUrl } from './dist.js';
import { BARE_ACK, BARE_EVENT, BARE_MESSAGE, BARE_USER } from './bare-answers.js';

// The built listener, as the server under test uses it, and not this loader's translation of its source.
const edge = (await import(builtUrl('src/edge/open-listener.js'))) as { readonly openListener: typeof openListener };

const router = new Router();
router.get('/api/v1/users/me', (context) => {
  context.body = BARE_USER;
});
router.post(
  '/api/v1/messages/',
  koaBody({ json: true, urlencoded: false, text: false, multipart: false }),
  (context) => {
    context.status = 201;
    context.body = BARE_MESSAGE;
  },
);
const app = new Koa();
app.use(router.routes());
const handle = app.callback();

const listener = await edge.openListener(
  'auto',
  {
    host: '127.0.0.1',
    port: 0,
    onRequest: async (request, response) => {
      await handle(request, response);
    },
    sockets: {
      accept: (handshake) => (handshake.path.startsWith('/api/v1/ws/') ? { protocol: null } : null),
      open: (socket) => ({
        message() {
          socket.send(BARE_ACK);
          socket.send(BARE_EVENT);
          socket.send(BARE_EVENT);
        },
        drained: () => undefined,
        ping: () => undefined,
        pong: () => undefined,
        closed: () => undefined,
      }),
    },
    maxFrameBytes: LIMITS.frameBytes,
    maxQueuedBytes: 1_048_576,
    maxBodyBytes: LIMITS.bodyBytes,
    maxHeaderBytes: LIMITS.headerBytes,
    requestTimeoutMs: 15_000,
    handlerTimeoutMs: 30_000,
    idleTimeoutMs: 120_000,
  },
  (_facts, message) => console.error(message),
);
const { port } = await listener.listen();
console.log(JSON.stringify({ url: `http://127.0.0.1:${port}`, listener: listener.kind }));

process.once('SIGTERM', () => {
  void listener.close().then(() => process.exit(0));
});
