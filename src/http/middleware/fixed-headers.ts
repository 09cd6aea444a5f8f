import helmet from 'koa-helmet';
import type { Context } from 'koa';
import type { HttpMiddleware } from '../context.js';

type Lines = readonly (readonly [name: string, value: string])[];

/**
 * What every answer says. Answers are for who asked and for now; handlers of documents that may be kept say so
 * themselves. The rest is helmet's, which depends on no request, so it is asked once, at start.
 */
export function fixedHeaders(): HttpMiddleware {
  const lines: Lines = [...writtenBy(securityHeaders()), ['Cache-Control', 'no-store']];
  return (ctx, next) => {
    for (const [name, value] of lines) ctx.res.setHeader(name, value);
    return next();
  };
}

/**
 * helmet, cut to what a JSON API needs: its answers are never a page, never framed, never guessed to be another type.
 * No Strict-Transport-Security: TLS ends at the proxy in front, which knows whether all of its host is on TLS.
 */
function securityHeaders(): ReturnType<typeof helmet> {
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

/** The headers that a middleware sets on an answer, in order. */
function writtenBy(middleware: ReturnType<typeof helmet>): Lines {
  const lines: (readonly [string, string])[] = [];
  const res = {
    setHeader: (name: string, value: string) => lines.push([name, value]),
    removeHeader: () => undefined,
  };
  void middleware({ req: {}, res } as unknown as Context, () => Promise.resolve());
  if (lines.length === 0) throw new Error('helmet no longer sets its headers at once');
  return lines;
}
