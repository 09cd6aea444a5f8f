import type Router from '@koa/router';
import type { Layer } from '@koa/router';
import type { DefaultContext } from 'koa';
import { type HttpContext, type HttpMiddleware, type RequestState, inOrder } from './context.js';

interface Indexed {
  /** What every path of the layer begins with. */
  readonly prefix: string;
  readonly layer: Layer<RequestState, DefaultContext>;
  readonly run: (ctx: HttpContext) => unknown;
}

/**
 * Runs the first layer of a router's table that fits the request, and only it, as a route never passes a request on.
 * The router's own dispatcher tries the pattern of every route of the table on every request and composes the stages of
 * all that fit anew each time: with 60 routes that was a fifth of the time of a small request.
 */
export function dispatchRequest(router: Router<RequestState>): HttpMiddleware {
  const byMethod = indexOf(router);
  return (ctx, next) => {
    const { method, path } = ctx.request;
    for (const { prefix, layer, run } of byMethod.get(method) ?? []) {
      if (!path.startsWith(prefix) || !layer.match(path)) continue;
      const routed: HttpContext & { params?: Readonly<Record<string, string>> } = ctx;
      routed.params = layer.paramNames.length === 0 ? {} : layer.params(path, layer.captures(path));
      return run(ctx);
    }
    return next();
  };
}

function indexOf(router: Router<RequestState>): ReadonlyMap<string, readonly Indexed[]> {
  const byMethod = new Map<string, Indexed[]>();
  for (const layer of router.stack) {
    const indexed = { prefix: literalStart(String(layer.path)), layer, run: inOrder(layer.stack as HttpMiddleware[]) };
    for (const method of layer.methods) byMethod.set(method, [...(byMethod.get(method) ?? []), indexed]);
  }
  return byMethod;
}

/** Up to the first parameter or optional part. */
function literalStart(pattern: string): string {
  return /^[^:{*]*/.exec(pattern)?.[0] ?? '';
}
