import { AppError } from '../../domain/errors.js';
import type { HttpMiddleware } from '../context.js';
import { isKnownMethod } from '../methods.js';

const EVERY_METHOD = 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS';
/** Longest legal target: a search for 100 characters of four bytes, percent-encoded, is a third of this. */
const MAX_TARGET = 4_096;
const MALFORMED_ESCAPE = /%(?![0-9A-Fa-f]{2})/;

/**
 * Only origin-form targets (`/path?query`) reach the router. No route needs an escape in its path, so a path with one
 * names nothing: `%35` is not a second spelling of 5, and neither `%2F` nor `%00` can be read in two ways.
 */
export function requestTarget(): HttpMiddleware {
  return (ctx, next) => {
    if (!isKnownMethod(ctx.request.method)) {
      ctx.set('Allow', EVERY_METHOD);
      throw new AppError('method_not_allowed');
    }
    const target = ctx.req.url ?? '';
    if (target.length > MAX_TARGET) throw new AppError('uri_too_long');
    if (!target.startsWith('/')) throw new AppError('bad_request');
    if (target.includes('%')) checkEscapes(target);
    return next();
  };
}

function checkEscapes(target: string): void {
  const path = target.split('?', 1)[0] ?? '';
  if (MALFORMED_ESCAPE.test(path)) throw new AppError('bad_request');
  if (path.includes('%')) throw new AppError('not_found');
}
