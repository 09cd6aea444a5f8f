import { randomUUID } from 'node:crypto';
import type { HttpMiddleware } from '../context.js';

/** Every answer has an id of our own making; one sent by a client could forge entries of the log. */
export function requestId(): HttpMiddleware {
  return async (ctx, next) => {
    ctx.state.requestId = randomUUID();
    ctx.state.route = null;
    ctx.state.actor = null;
    ctx.set('X-Request-Id', ctx.state.requestId);
    await next();
  };
}
