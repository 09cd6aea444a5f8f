import type { Limiter } from '../ports/limiter.js';
import type { Services } from '../services/services.js';
import type { Running } from '../domain/running.js';
import type { Census } from './census.js';
import type { OutboxLimits } from './socket/outbox.js';
import type { ScopeDeps } from './feeds/scope.js';

/** What every socket of a node shares. */
export interface ConnectionDeps extends ScopeDeps {
  readonly services: Pick<Services, 'users' | 'chats' | 'messages' | 'realtime'>;
  readonly limiter: Limiter;
  /** Commands that were begun and not yet answered: a graceful stop waits for them. */
  readonly commands: Running;
  readonly census: Census;
  /** The bounds of every socket's way out. */
  readonly outbox: OutboxLimits;
  /** True from the moment a stop began: what is running is finished, nothing new begins. */
  readonly isStopping: () => boolean;
}
