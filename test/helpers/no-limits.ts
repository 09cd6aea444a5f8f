import type { Limiter } from '../../src/ports/limiter.js';

/** Lets everything through. */
export const NO_LIMITS: Limiter = { take: () => undefined, takeBytes: () => undefined };
