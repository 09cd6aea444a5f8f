/** Dates and bytes bind the same on both dialects: as the column types of schema/ store them. */
export type SqlValue = string | number | boolean | null | Date | Uint8Array;

/** A row of `query`. Bytes are Uint8Array, booleans 0 or 1; dates go through `asDate`. */
export type SqlRow = Readonly<Record<string, unknown>>;

/** A statement with the values of its placeholders, never arrays. */
export interface Statement {
  readonly text: string;
  readonly values: readonly SqlValue[];
  /** Only in batches on SQLite: the statement is run once for each of these, and counts as one. `values` is empty. */
  readonly rows?: readonly (readonly SqlValue[])[];
}
