import { clientAddress, type TrustedProxies } from '../../domain/client-address.js';
import { NO_SHARE, type OpenShare } from '../../services/reading/read-shares.js';
import type { Origin, Services } from '../../services/services.js';
import type { HttpDeps } from '../deps.js';
import type { HttpContext, HttpMiddleware } from '../context.js';
import { encodeInPieces } from '../encode-in-pieces.js';
import type { Route } from '../routes/route.js';

/** The last stage: the parts of the request to the route, its reply to the client. */
export function runRoute(
  route: Route,
  deps: Pick<HttpDeps, 'services' | 'limiter' | 'trustedProxies'>,
): HttpMiddleware {
  return async (ctx) => {
    const share = shareOf(ctx, deps.services);
    const exchange = {
      actor: ctx.state.actor,
      origin: new RequestOrigin(ctx, deps.trustedProxies),
      params: paramsOf(ctx),
      rawQuery: ctx.request.querystring,
      body: route.readsBody ? ctx.request.body : undefined,
      share,
    };
    const { response } = ctx;
    try {
      const reply = await route.run(exchange, deps);
      // Encoded here, so that a reply that cannot be is answered like any other bug.
      const body = share.isLarge ? await encodeInPieces(reply.body, share) : bytesOf(JSON.stringify(reply.body));
      response.status = reply.status ?? 200;
      ctx.res.setHeader('Content-Type', 'application/json; charset=utf-8');
      response.body = body;
    } finally {
      share.made();
    }
  };
}

/** Texts up to here are encoded by the listener in passing. */
const MOST_TEXT = 16 * 1024;

/** What may wait for its peer is bytes: as text it would be there twice meanwhile. */
function bytesOf(text: string): string | Buffer {
  return text.length > MOST_TEXT ? Buffer.from(text) : text;
}

/** Of who asks, until the answer has left or its client has. */
function shareOf(ctx: HttpContext, { reading }: Services): OpenShare {
  const { actor } = ctx.state;
  if (actor === null) return NO_SHARE;
  return reading.open(actor, (share) => {
    if (ctx.res.destroyed) share.end();
    else ctx.res.once('close', () => share.end());
  });
}

function paramsOf(ctx: HttpContext & { params?: Readonly<Record<string, string>> }): Readonly<Record<string, string>> {
  return ctx.params ?? {};
}

/** Reads the address only when it is asked for: few routes do. */
class RequestOrigin implements Origin {
  constructor(
    private readonly ctx: HttpContext,
    private readonly trusted: TrustedProxies,
  ) {}

  get address(): string {
    return clientAddress(this.ctx.req.socket.remoteAddress, this.ctx.get('X-Forwarded-For'), this.trusted);
  }
}
