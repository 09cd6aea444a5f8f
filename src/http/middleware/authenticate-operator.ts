import { createHash, timingSafeEqual } from 'node:crypto';
import { AppError } from '../../domain/errors.js';
import type { HttpMiddleware } from '../context.js';

const BEARER = /^Bearer +(\S+)$/i;

/** For those who run the server: one token of its settings. Without that setting there is no such address. */
export function authenticateOperator(token: string | null): HttpMiddleware {
  const wanted = token === null ? null : digestOf(token);
  return async (ctx, next) => {
    if (wanted === null) throw new AppError('not_found');
    const given = BEARER.exec(ctx.get('Authorization'))?.[1];
    // Digests, because only values of one length can be compared in a time that tells nothing.
    if (given === undefined || !timingSafeEqual(digestOf(given), wanted)) throw new AppError('not_authenticated');
    await next();
  };
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
