import { UNSHARED, type ReadShare } from '../../../ports/read-share.js';
import { type MessageRow, toHex } from './message-rows.js';
import type { RepositoryContext } from './context.js';

/** Of contents that are read together: on an embedded database the loop is held for them, about 1.5 ms. */
export const SLICE_BYTES = 256 * 1024;
/** Rows that are read together, for the same reason: 128 take about 1 ms. */
export const SLICE_ROWS = 128;
/** Contents up to here are read at once, without a turn: the answers of every day. */
const SMALL_BYTES = 64 * 1024;
/** Rows of which so many are read at once, without a turn. */
const FEW_ROWS = 50;
/** Few rows at once, more in the reader's turn. */
export function inTurnIfMany<T>(share: ReadShare, limit: number, read: () => Promise<T>): Promise<T> {
  return limit > FEW_ROWS ? share.step(read) : read();
}

/** A content of the longest message; for rows whose bytes nobody has counted yet. */
const LONGEST_BYTES = 40_000;

/** How rows are turned into messages: how long each content is, where that is known, and whose turns it takes. */
export interface Reading {
  readonly share: ReadShare;
  /** In the order of the rows. */
  readonly sizes: readonly number[] | null;
}

/** For reads of a message or a few, whose reader does not wait for others. */
export const AT_ONCE: Reading = { share: UNSHARED, sizes: null };

/** Whether the contents of these rows are few enough to be read in one go, whatever those come to that are not counted. */
export function areSmall(rows: readonly MessageRow[], sizes: readonly number[] | null): boolean {
  let bytes = 0;
  for (const [index, row] of rows.entries()) {
    if (!row.isDeleted) bytes += sizes?.[index] ?? row.bodyBytes ?? LONGEST_BYTES;
    if (bytes > SMALL_BYTES) return false;
  }
  return rows.length <= SLICE_ROWS;
}

/** The rows in slices, in their order: each of at most so many rows and bytes, and of one row at least. */
export function slicesOf(rows: readonly MessageRow[], sizes: readonly number[]): readonly (readonly MessageRow[])[] {
  const slices: MessageRow[][] = [];
  let slice: MessageRow[] = [];
  let bytes = 0;
  for (const [index, row] of rows.entries()) {
    const size = sizes[index] ?? 0;
    if (slice.length > 0 && (bytes + size > SLICE_BYTES || slice.length >= SLICE_ROWS)) {
      slices.push(slice);
      slice = [];
      bytes = 0;
    }
    slice.push(row);
    bytes += size;
  }
  return slice.length > 0 ? [...slices, slice] : slices;
}

export function totalOf(sizes: readonly number[]): number {
  return sizes.reduce((sum, bytes) => sum + bytes, 0);
}

/**
 * The UTF-8 bytes of each row's content, in the order of the rows, before any body is read; a deleted message has none,
 * and neither has one whose body is gone. The body store is asked only for rows that do not know it themselves.
 */
export async function sizesOf(
  { bodies }: Pick<RepositoryContext, 'bodies'>,
  rows: readonly Pick<MessageRow, 'bodyId' | 'bodyBytes' | 'isDeleted'>[],
): Promise<readonly number[]> {
  const unmeasured = rows.filter((row) => row.bodyBytes === null && !row.isDeleted).map((row) => row.bodyId);
  const asked = unmeasured.length === 0 ? null : await bodies.sizes(unmeasured);
  return rows.map((row) => (row.isDeleted ? 0 : (row.bodyBytes ?? asked?.get(toHex(row.bodyId)) ?? 0)));
}

/** Bytes of what is measured. Rows of before the column count nothing: more is read of them than fits, and cut off later. */
export function knownBytes(rows: readonly MessageRow[]): number {
  return rows.reduce((sum, row) => sum + (row.isDeleted ? 0 : (row.bodyBytes ?? 0)), 0);
}
