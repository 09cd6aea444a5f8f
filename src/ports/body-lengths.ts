/** A row that does not know how long its content is. */
export interface UnmeasuredRow {
  readonly messageId: number;
  readonly bodyId: Uint8Array;
}

export interface MeasuredRow extends UnmeasuredRow {
  /** UTF-8 bytes of the content. */
  readonly bytes: number;
}

/**
 * Lengths of contents for rows that were written before rows knew them: a walk once through all messages, which goes on
 * where it stood after a restart. Who calls: the job that fills them, under the lease `body_bytes`.
 *
 * Guarantee: a length is written only beside the body that it was measured of. Everything may be done twice.
 */
export interface BodyLengths {
  /** The last message that is done; null: all are. */
  position(): Promise<number | null>;
  /** Rows without a length among the next `limit` messages, and the last of those messages; null: there are no more. */
  next(
    after: number,
    limit: number,
  ): Promise<{ readonly rows: readonly UnmeasuredRow[]; readonly last: number | null }>;
  record(rows: readonly MeasuredRow[]): Promise<void>;
  /** Notes how far the walk has come. */
  reached(position: number, isFinished: boolean): Promise<void>;
}
