import { VERSION } from '../../domain/version.js';
import type { StoreHealth } from '../../ports/health.js';
import type { Services } from '../services.js';

export function createSystemServices(deps: {
  readonly health: StoreHealth;
  readonly passwordMinLength: number;
  /** True from the moment a stop began: load balancers send nothing new here. */
  readonly isStopping: () => boolean;
}): Services['system'] {
  async function health(): ReturnType<Services['system']['health']> {
    const state = await deps.health.check();
    return { ...state, healthy: state.mysql !== 'down' && state.mongodb !== 'down' };
  }
  return {
    health,
    async ready() {
      return !deps.isStopping() && (await health()).healthy;
    },
    info: () => ({ name: 'Parley', version: VERSION, passwordMinLength: deps.passwordMinLength }),
  };
}
