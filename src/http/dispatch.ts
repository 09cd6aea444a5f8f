import type Router from '@koa/router';
import type { Layer, MatchResult } from '@koa/router';
import type { DefaultContext } from 'koa';
import type { RequestState } from './context.js';

type RouteLayer = Layer<RequestState, DefaultContext>;
type Indexed = readonly (readonly [prefix: string, layer: RouteLayer])[];

/**
 * Puts an index in front of the router's own search, which tries the pattern of every route of the table on every
 * request and runs the layers of all that fit. Here the first that fits is the only one, as a route never passes a
 * request on. To be called when the table is complete.
 */
export function indexRoutes(router: Router<RequestState>): void {
  const byMethod = new Map<string, Indexed>();
  for (const method of new Set(router.stack.flatMap((layer) => layer.methods))) {
    const layers = router.stack.filter((layer) => layer.methods.includes(method));
    byMethod.set(
      method,
      layers.map((layer) => [literalStart(String(layer.path)), layer]),
    );
  }
  router.match = (path, method): MatchResult<RequestState, DefaultContext> => {
    for (const [prefix, layer] of byMethod.get(method) ?? []) {
      if (path.startsWith(prefix) && layer.match(path)) {
        return { path: [layer], pathAndMethod: [layer], route: true };
      }
    }
    return { path: [], pathAndMethod: [], route: false };
  };
}

/** Up to the first parameter or optional part. */
function literalStart(pattern: string): string {
  return /^[^:{*]*/.exec(pattern)?.[0] ?? '';
}
