import Koa from 'koa';
import type { RequestHandler } from '../ports/listener.js';
import { type HttpContext, type RequestState, inOrder } from './context.js';
import type { HttpDeps } from './deps.js';
import { LogBudget } from './log-budget.js';
import { accessLog } from './middleware/access-log.js';
import { cors } from './middleware/cors.js';
import { errorAnswers } from './middleware/error-answers.js';
import { refusePath } from './middleware/refuse-method.js';
import { requestId } from './middleware/request-id.js';
import { requestTarget } from './middleware/request-target.js';
import { fixedHeaders } from './middleware/fixed-headers.js';
import { dispatchRequest } from './dispatch.js';
import { createRouter } from './router.js';
import { buildRoutes, describeRoutes, type RouteInfo } from './routes/index.js';

export interface HttpApp {
  /** Answers one request with standard objects of node:http, whichever listener made them. */
  callback(): RequestHandler;
  readonly routes: readonly RouteInfo[];
}

/** Parley over HTTP. Every request passes these stages from top to bottom, every answer from bottom to top. */
export function createHttpApp(deps: HttpDeps): HttpApp {
  const routes = buildRoutes(deps.services.system.info());
  const app = new Koa<RequestState>({ proxy: false });
  const answer = inOrder([
    requestId(),
    accessLog({ ...deps, logBudget: new LogBudget(deps) }),
    fixedHeaders(),
    cors(deps.corsOrigins),
    errorAnswers(deps.logger),
    requestTarget(),
    dispatchRequest(createRouter(routes, deps)),
    refusePath(),
  ]);
  app.use((ctx) => answer(ctx));
  // What happens outside the stages: mostly clients that went away while their answer was written.
  app.on('error', (error: unknown, ctx?: HttpContext) => {
    if (ctx?.state.mayLog !== false) deps.logger.warn({ err: error }, 'an answer could not be sent');
  });

  return { callback: () => app.callback(), routes: describeRoutes(routes) };
}
