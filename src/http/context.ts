import type { DefaultContext, Middleware, ParameterizedContext } from 'koa';
import type { Identity } from '../domain/user.js';

/** What middleware knows about the request being answered. */
export interface RequestState {
  /** Made here, never taken from outside; `X-Request-Id` of the answer and the key into the log. */
  requestId: string;
  /** The pattern of the matched route; null before routing and for unknown paths. */
  route: string | null;
  /** False where the address that asks has had its lines of the log. */
  mayLog: boolean;
  /** Who asks; null on public routes and before authentication. */
  actor: Identity | null;
}

export type HttpContext = ParameterizedContext<RequestState>;
export type HttpMiddleware = Middleware<RequestState, DefaultContext>;
