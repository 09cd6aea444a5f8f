import type { Clock } from '../../src/ports/clock.js';
import type { Logger } from '../../src/ports/logger.js';
import { openStores, type StorageOptions, type StoreHooks, type StoreSet } from '../../src/stores/open-stores.js';
import { systemClock } from '../../src/telemetry/clock.js';
import { freshStorage, settingsOf } from './app.js';

export interface TestStoreOptions extends StoreHooks {
  readonly clock?: Clock;
  readonly logger?: Logger;
}

export interface TestStores extends StoreSet {
  /** Where they lie, to open them again after `close` of a store set that is not this one. */
  readonly storage: StorageOptions;
}

/** For tests that do not look at what is logged. */
export const silentLogger: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore };

/**
 * Empty stores of the kind that PARLEY_TEST_STORE names (embedded unless it says split), with data of their own.
 * `close` removes the data.
 */
export async function openTestStores(options: TestStoreOptions = {}): Promise<TestStores> {
  const { clock = systemClock, logger = silentLogger, ...hooks } = options;
  const fresh = await freshStorage();
  try {
    const { storage } = settingsOf({ SECRET_KEY: 'f3Jq9ZtB1xWm7KcV5sLd2RgN8hYp4EuA', ...fresh.env });
    const stores = await openStores(storage, { clock, logger, ...hooks });
    return {
      ...stores,
      storage,
      async close() {
        await stores.close();
        await fresh.remove();
      },
    };
  } catch (error) {
    await fresh.remove();
    throw error;
  }
}

function ignore(): void {
  // tests that look at what is logged pass a logger of their own
}
