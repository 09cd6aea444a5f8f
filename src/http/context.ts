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

/**
 * The stages as one function, each called with the rest as its `next`; the last one's `next` does nothing. Composed once
 * and not for each request, and a stage that only passes on makes no promise of its own.
 */
export function inOrder(stages: readonly HttpMiddleware[]): (ctx: HttpContext) => unknown {
  const done = (): Promise<void> => Promise.resolve();
  return stages.reduceRight<(ctx: HttpContext) => unknown>(
    (rest, stage) => (ctx) => stage(ctx, () => rest(ctx) as Promise<void>) as unknown,
    done,
  );
}
