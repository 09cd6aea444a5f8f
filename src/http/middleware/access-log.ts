import type { Clock } from '../../ports/clock.js';
import type { Logger } from '../../ports/logger.js';
import { clientAddress, type TrustedProxies } from '../../domain/client-address.js';
import type { HttpContext, HttpMiddleware } from '../context.js';
import type { LogBudget } from '../log-budget.js';
import { isKnownMethod } from '../methods.js';

interface AccessLogDeps {
  readonly logger: Logger;
  readonly clock: Clock;
  readonly trustedProxies: TrustedProxies;
  readonly logBudget: LogBudget;
}

/**
 * One line per request by the route's pattern. Path, query, headers and body stay out: they hold ids at best and tokens
 * at worst. Probes come every few seconds and are of interest only to who looks for them. An address has a budget of
 * lines, shared by whatever else its requests would write: `state.mayLog` says whether this one has a part in it.
 */
export function accessLog(deps: AccessLogDeps): HttpMiddleware {
  return async (ctx, next) => {
    const start = deps.clock.monotonic();
    ctx.state.mayLog = deps.logBudget.allows(addressOf(ctx, deps.trustedProxies));
    await next();
    const { state } = ctx;
    if (!state.mayLog) return;
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

/** Where no proxy is believed the peer is the client, and nothing has to be parsed. */
function addressOf(ctx: HttpContext, trusted: TrustedProxies): string {
  const peer = ctx.req.socket.remoteAddress ?? '';
  return trusted.length === 0 ? peer : clientAddress(peer, ctx.get('X-Forwarded-For'), trusted);
}
