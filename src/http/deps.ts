import type { TrustedProxies } from '../domain/client-address.js';
import type { Clock } from '../ports/clock.js';
import type { Limiter } from '../ports/limiter.js';
import type { Logger } from '../ports/logger.js';
import type { Services } from '../services/services.js';

/** What the HTTP side needs from the rest of the process. */
export interface HttpDeps {
  readonly services: Services;
  readonly limiter: Limiter;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Exact origins that browsers may call from; empty = none but the server's own. */
  readonly corsOrigins: readonly string[];
  readonly trustedProxies: TrustedProxies;
  /** What operators prove themselves with; null: their addresses do not exist. */
  readonly statsToken: string | null;
}
