import helmet from 'koa-helmet';
import type { Middleware } from 'koa';
import type { HttpMiddleware } from '../context.js';

/**
 * helmet, cut to what a JSON API needs: its answers are never a page, never framed, never guessed to be another type.
 * No Strict-Transport-Security: TLS ends at the proxy in front, which knows whether all of its host is on TLS.
 */
export function securityHeaders(): Middleware {
  return helmet({
    contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
    frameguard: { action: 'deny' },
    referrerPolicy: { policy: 'no-referrer' },
    crossOriginResourcePolicy: { policy: 'same-origin' },
    strictTransportSecurity: false,
    // These speak to pages and to plug-ins of old browsers.
    crossOriginOpenerPolicy: false,
    originAgentCluster: false,
    dnsPrefetchControl: false,
    ieNoOpen: false,
    permittedCrossDomainPolicies: false,
    xssFilter: false,
  });
}

/** Answers are for who asked and for now; handlers of documents that may be kept say so themselves. */
export function noStore(): HttpMiddleware {
  return async (ctx, next) => {
    ctx.set('Cache-Control', 'no-store');
    await next();
  };
}
