import { METHODS } from 'node:http';
import Router from '@koa/router';
import type { HttpMiddleware, RequestState } from './context.js';
import type { HttpDeps } from './deps.js';
import { authenticateOperator } from './middleware/authenticate-operator.js';
import { authenticateRequest } from './middleware/authenticate.js';
import { limitWork } from './middleware/limit-work.js';
import { readJson } from './middleware/read-json.js';
import { refuseMethod } from './middleware/refuse-method.js';
import { runRoute } from './middleware/run-route.js';
import type { Route } from './routes/route.js';

/**
 * The table as a router. Each path answers all of its methods and refuses the others itself, so that
 * `GET /users/register` is a method that this path does not take and not the user called "register".
 */
export function createRouter(routes: readonly Route[], deps: HttpDeps): Router<RequestState> {
  const router = new Router<RequestState>({ strict: true, sensitive: true });
  for (const path of new Set(routes.map((route) => route.path))) {
    // Either form, without a redirect: a redirected POST would arrive as a GET.
    const both = path === '/' ? path : `${path}{/}`;
    const here = routes.filter((route) => route.path === path);
    for (const route of here) router.register(both, [...route.methods], stages(route, deps));
    const methods = here.flatMap((route) => route.methods);
    router.register(both, [...METHODS], [noteRoute(path), refuseMethod(methods)]);
  }
  return router;
}

/** What happens to a request of one route, in this order: nothing is read from who has not said who they are. */
function stages(route: Route, deps: HttpDeps): HttpMiddleware[] {
  return [
    noteRoute(route.path),
    ...(route.access === 'private' ? [authenticateRequest(deps.services)] : []),
    ...(route.work === null ? [] : [limitWork(deps.limiter, route.work)]),
    ...(route.access === 'operator' ? [authenticateOperator(deps.statsToken)] : []),
    ...(route.readsBody ? [readJson()] : []),
    runRoute(route, deps),
  ];
}

function noteRoute(path: string): HttpMiddleware {
  return (ctx, next) => {
    ctx.state.route = path;
    return next();
  };
}
