import { AppError } from '../../domain/errors.js';
import type { Limiter, Work } from '../../ports/limiter.js';
import type { HttpMiddleware } from '../context.js';

/** Takes the call from its user's share before a body is read or a store asked. */
export function limitWork(limiter: Limiter, work: Work): HttpMiddleware {
  return (ctx, next) => {
    const { actor } = ctx.state;
    if (actor === null) throw new AppError('not_authenticated');
    const decision = limiter.take(actor.userId, work);
    return decision === undefined ? next() : decision.then(next);
  };
}
