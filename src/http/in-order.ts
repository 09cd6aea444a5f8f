import type { HttpContext, HttpMiddleware } from './context.js';

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
