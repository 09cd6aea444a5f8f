import type { EraseFigures, SweepFigures, SystemStats } from '../../domain/stats.js';
import { VERSION } from '../../domain/version.js';
import type { Clock } from '../../ports/clock.js';
import type { StoreHealth } from '../../ports/health.js';
import type { Presence } from '../../ports/presence.js';
import type { Services } from '../services.js';

export function createSystemServices(deps: {
  readonly health: StoreHealth;
  readonly passwordMinLength: number;
  readonly clock: Clock;
  readonly presence: Pick<Presence, 'stats'>;
  readonly eraseFigures: () => Promise<EraseFigures>;
  readonly sweepFigures: () => Promise<SweepFigures>;
  readonly unreadableFigures: () => SystemStats['unreadable'];
  /** True from the moment a stop began: load balancers send nothing new here. */
  readonly isStopping: () => boolean;
}): Services['system'] {
  async function health(): ReturnType<Services['system']['health']> {
    const state = await deps.health.check();
    return { ...state, healthy: state.mysql !== 'down' && state.mongodb !== 'down' };
  }
  const startedAt = deps.clock.monotonic();
  return {
    health,
    async stats() {
      const [erase, sweep] = await Promise.all([deps.eraseFigures(), deps.sweepFigures()]);
      const uptimeMs = deps.clock.monotonic() - startedAt;
      const sockets = deps.presence.stats();
      return { version: VERSION, uptimeMs, sockets, erase, sweep, unreadable: deps.unreadableFigures() };
    },
    async ready() {
      return !deps.isStopping() && (await health()).healthy;
    },
    info: () => ({ name: 'Parley', version: VERSION, passwordMinLength: deps.passwordMinLength }),
  };
}
