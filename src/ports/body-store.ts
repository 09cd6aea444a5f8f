/** The content of one version of one message. Never updated in place: an edit writes a new body under a new id. */
export interface Body {
  /** UUIDv7, 16 bytes, minted for this write and never used again, not even by a retry. */
  readonly id: Uint8Array;
  /** UUIDv7 of the message; the first body's id equals it. */
  readonly messageId: Uint8Array;
  readonly chatId: number;
  readonly senderId: number;
  readonly content: string;
  readonly timestamp: Date;
}

export interface StoredBody {
  readonly content: string;
  /** false: the stored text does not match the hash written with it. */
  readonly intact: boolean;
}

/** What a walk over all bodies tells of one; its content stays where it is. */
export interface ListedBody {
  readonly id: Uint8Array;
  readonly messageId: Uint8Array;
  readonly chatId: number;
}

/** One step of a walk. */
export interface BodyBatch {
  /** In ascending order of id. What was not written by Parley (other types, missing fields) is left out and counted. */
  readonly bodies: readonly ListedBody[];
  readonly malformed: number;
  /** Where the next step begins; null: there was nothing more. */
  readonly next: Uint8Array | null;
}

/**
 * Bodies of messages, by id only.
 *
 * Delivery guarantee: when `insert` resolves without naming an item, that body is journaled: it survives a crash of
 * process and machine. A rejection says nothing about any of the bodies (some may be there as orphans): every row that
 * would have named them must not be written.
 * Order: none. Atomicity: per body. Ids are never reused, so a repeated `delete` is harmless.
 * Errors: rejects with AppError `unavailable` when the store does not answer in time.
 */
export interface BodyStore {
  /** Resolves to the indexes of bodies that failed alone (bad item); the others are stored. Empty list: no call. */
  insert(bodies: readonly Body[]): Promise<readonly number[]>;
  /** Keyed by lower-case hex of the id; missing ones are absent. One round trip. */
  find(ids: readonly Uint8Array[]): Promise<ReadonlyMap<string, StoredBody>>;
  /**
   * UTF-8 bytes of the contents, without reading them out of the store: keyed as `find` keys them, missing ones are
   * absent, 0 where no text is. One round trip.
   */
  sizes(ids: readonly Uint8Array[]): Promise<ReadonlyMap<string, number>>;
  /** Physically removes them; unknown ids are no error. */
  delete(ids: readonly Uint8Array[]): Promise<void>;
  /**
   * Up to `limit` bodies whose ids come strictly after `after` in the order of bytes, which is the order of minting;
   * null: from the first. What is inserted behind the walk is not seen by it.
   */
  walk(after: Uint8Array | null, limit: number): Promise<BodyBatch>;
  /** Rejects when the store cannot serve; used by health. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
