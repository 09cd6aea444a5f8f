import { AppError } from '../../domain/errors.js';
import type { Services } from '../../services/services.js';
import type { HttpMiddleware } from '../context.js';

/** RFC 6750: the scheme without regard to case, one token, nothing else. */
const BEARER = /^Bearer +([A-Za-z0-9._~+/=-]+)$/i;

/** Before anything is read from the body: who cannot prove who they are gets no work done. */
export function authenticateRequest(services: Services): HttpMiddleware {
  return async (ctx, next) => {
    const token = BEARER.exec(ctx.req.headers.authorization ?? '')?.[1];
    if (token === undefined) throw new AppError('not_authenticated');
    ctx.state.actor = await services.users.authenticate(token);
    await next();
  };
}
