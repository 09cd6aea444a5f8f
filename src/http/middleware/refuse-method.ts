import { AppError } from '../../domain/errors.js';
import type { HttpMiddleware } from '../context.js';
import type { Method } from '../routes/route.js';

/** A known path that does not take this method: OPTIONS is told which ones it takes, anything else is refused with them. */
export function refuseMethod(methods: readonly Method[]): HttpMiddleware {
  const head = methods.includes('GET') ? ['HEAD'] : [];
  const allow = [...new Set([...methods, ...head, 'OPTIONS'])].join(', ');
  return (ctx) => {
    ctx.set('Allow', allow);
    if (ctx.method !== 'OPTIONS') throw new AppError('method_not_allowed');
    ctx.status = 204;
  };
}

export function refusePath(): HttpMiddleware {
  return () => {
    throw new AppError('not_found');
  };
}
