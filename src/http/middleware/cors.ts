import koaCors from '@koa/cors';
import type { HttpMiddleware } from '../context.js';

const PREFLIGHT_SECONDS = 600;

/**
 * CORS for exactly the origins listed, compared as text: no suffixes, no patterns, never `null`. Every answer varies
 * by Origin, also where it gets no CORS header, so that no cache hands one origin's answer to another. Credentials are
 * bearer tokens in a header, so cookies are never allowed along.
 */
export function cors(origins: readonly string[]): HttpMiddleware {
  const allowed = new Set(origins.filter((origin) => origin !== 'null' && origin !== '*'));
  const allow = koaCors({
    origin: (ctx) => ctx.get('Origin'),
    allowMethods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowHeaders: ['Authorization', 'Content-Type'],
    exposeHeaders: ['X-Request-Id', 'Retry-After'],
    maxAge: PREFLIGHT_SECONDS,
  });
  return (ctx, next) => {
    const { origin } = ctx.req.headers;
    if (origin !== undefined && allowed.has(origin)) return allow(ctx, next) as Promise<void>;
    ctx.res.setHeader('Vary', 'Origin');
    return next();
  };
}
