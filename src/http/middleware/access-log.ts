import type { Clock } from '../../ports/clock.js';
import type { Logger } from '../../ports/logger.js';
import type { HttpMiddleware } from '../context.js';
import { isKnownMethod } from '../methods.js';

/**
 * One line per request by the route's pattern. Path, query, headers and body stay out: they hold ids at best and tokens
 * at worst. Probes come every few seconds and are of interest only to who looks for them.
 */
export function accessLog(deps: { readonly logger: Logger; readonly clock: Clock }): HttpMiddleware {
  return async (ctx, next) => {
    const start = deps.clock.monotonic();
    await next();
    const { state } = ctx;
    const { method } = ctx.request;
    const facts = {
      requestId: state.requestId,
      method: isKnownMethod(method) ? method : 'OTHER',
      route: state.route,
      status: ctx.res.statusCode,
      ms: Math.round((deps.clock.monotonic() - start) * 10) / 10,
      userId: state.actor?.userId ?? null,
    };
    if (state.route?.startsWith('/health') === true) deps.logger.debug(facts, 'request');
    else deps.logger.info(facts, 'request');
  };
}
