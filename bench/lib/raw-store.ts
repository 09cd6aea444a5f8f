import { openRawEmbedded } from './raw-embedded.js';
import type { RawStore } from './raw-rows.js';
import { openRawSplit } from './raw-split.js';
import type { DataSet } from './storage.js';

/** How many writers at once make a storage fastest: SQLite has one write lock. */
export function writerLanes(data: DataSet): number {
  return data.kind === 'embedded' ? 1 : 2;
}

/** Opens one connection; one call at a time. */
export function openRaw(data: DataSet): Promise<RawStore> {
  switch (data.kind) {
    case 'embedded':
      return openRawEmbedded(data);
    case 'split':
      return openRawSplit(data);
    default:
      return data satisfies never;
  }
}
