import koaCors from '@koa/cors';
import type { Middleware } from 'koa';

const PREFLIGHT_SECONDS = 600;

/**
 * CORS for exactly the origins listed, compared as text: no suffixes, no patterns, never `null`. Every answer varies
 * by Origin, also where it gets no CORS header, so that no cache hands one origin's answer to another. Credentials are
 * bearer tokens in a header, so cookies are never allowed along.
 */
export function cors(origins: readonly string[]): Middleware {
  const allowed = new Set(origins.filter((origin) => origin !== 'null' && origin !== '*'));
  return koaCors({
    origin(ctx) {
      const origin = ctx.get('Origin');
      return allowed.has(origin) ? origin : '';
    },
    allowMethods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowHeaders: ['Authorization', 'Content-Type'],
    exposeHeaders: ['X-Request-Id', 'Retry-After'],
    maxAge: PREFLIGHT_SECONDS,
  });
}
