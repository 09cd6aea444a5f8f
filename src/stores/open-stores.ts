import { expectEmbedded, migrateEmbedded, openEmbedded } from './embedded.js';
import { migrateSplit, openSplit } from './split.js';
import type { EmbeddedOptions, Opening, StorageOptions, StoreDeps, StoreSet } from './store-set.js';

export type { StorageOptions, StoreDeps, StoreHooks, StoreSet } from './store-set.js';

/**
 * Opens the stores that the settings name, brought up to the schema of this build. This file alone chooses drivers.
 * Rejects with a message for operators: what is locked, cannot be reached, or belongs to another program.
 */
export async function openStores(storage: StorageOptions, deps: StoreDeps): Promise<StoreSet> {
  return open(storage, deps, 'migrate');
}

/**
 * Opens what is there for a command that examines it, beside servers of this build: creates nothing and changes no schema.
 * Rejects as `openStores` does, and where there is no data or its schema is another version's.
 */
export async function openExistingStores(storage: StorageOptions, deps: StoreDeps): Promise<StoreSet> {
  return open(storage, deps, 'examine');
}

/**
 * For the embedded storage of a server that may be running: rejects as `openExistingStores` does where there is no data or
 * its schema is another version's, and holds nothing.
 */
export const expectExistingData: (storage: EmbeddedOptions, deps: StoreDeps) => Promise<void> = expectEmbedded;

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

function open(storage: StorageOptions, deps: StoreDeps, opening: Opening): Promise<StoreSet> {
  switch (storage.kind) {
    case 'embedded':
      return openEmbedded(storage, deps, opening);
    case 'split':
      return openSplit(storage, deps, opening);
    default:
      return storage satisfies never;
  }
}
