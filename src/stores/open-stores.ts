import { migrateEmbedded, openEmbedded } from './embedded.js';
import { migrateSplit, openSplit } from './split.js';
import type { StorageOptions, StoreDeps, StoreSet } from './store-set.js';

export type { StorageOptions, StoreDeps, StoreHooks, StoreSet } from './store-set.js';

/**
 * Opens the stores that the settings name, brought up to the schema of this build. The only place that chooses drivers.
 * Rejects with a message for operators: what is locked, cannot be reached, or belongs to another program.
 */
export async function openStores(storage: StorageOptions, deps: StoreDeps): Promise<StoreSet> {
  switch (storage.kind) {
    case 'embedded':
      return openEmbedded(storage, deps);
    case 'split':
      return openSplit(storage, deps);
    default:
      return storage satisfies never;
  }
}

/** Only brings the databases up to the schema of this build; answers how many statements that took. */
export async function migrateStores(storage: StorageOptions, deps: StoreDeps): Promise<number> {
  switch (storage.kind) {
    case 'embedded':
      return migrateEmbedded(storage, deps);
    case 'split':
      return migrateSplit(storage, deps);
    default:
      return storage satisfies never;
  }
}
