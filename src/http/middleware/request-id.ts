import { randomUUID } from 'node:crypto';
import type { HttpMiddleware } from '../context.js';

/** Every answer has an id of our own making; one sent by a client could forge entries of the log. */
export function requestId(): HttpMiddleware {
  return (ctx, next) => {
    const id = randomUUID();
    const { state } = ctx;
    state.requestId = id;
    state.route = null;
    state.actor = null;
    state.mayLog = true;
    ctx.res.setHeader('X-Request-Id', id);
    return next();
  };
}
