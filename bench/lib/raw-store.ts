import { openRawEmbedded } from './raw-embedded.js';
import type { RawChat, RawRow } from './raw-rows.js';
import { openRawSplit } from './raw-split.js';
import type { DataSet } from './storage.js';

/** A storage's own drivers over Parley's own tables and nothing else: the limits of the same round. */
export interface RawStore {
  /** Stores messages as durably as Parley: bodies journaled, then rows in one statement that commits. */
  write(rows: readonly RawRow[]): Promise<void>;
  /** Any rows of any table; `columns` as in SQL. */
  insert(table: string, columns: string, rows: readonly unknown[][]): Promise<void>;
  /** Sets a chat's counters to what has been written to it. */
  seal(chat: RawChat): Promise<void>;
  /** The newest rows of a chat in one keyed SELECT, their bodies in one read; answers how many bodies came. */
  readNewest(chatId: number, limit: number): Promise<number>;
  /** Rows of a chat strictly before a seq, likewise. */
  readBefore(chatId: number, seq: number, limit: number): Promise<number>;
  close(): Promise<void>;
}

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
