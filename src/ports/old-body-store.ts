export interface FiledBody {
  readonly bodyId: Uint8Array;
  readonly chatId: number;
  readonly reason: 'superseded' | 'deleted';
  readonly dueAt: Date;
}

/**
 * The file of bodies that no row names any more. Editing and deleting put them here in their own transactions; only
 * the erase worker takes them out of the body store. Safe on many nodes: erasing twice is harmless.
 */
export interface OldBodyStore {
  /** The database's clock, which `dueAt` was written by; a process's own may be minutes off. */
  now(): Promise<Date>;
  /** The oldest due and not yet erased ones. */
  due(now: Date, limit: number): Promise<readonly FiledBody[]>;
  /** To be called after the body store has deleted them; the entries stay as a record until they are forgotten. */
  markErased(bodyIds: readonly Uint8Array[], at: Date): Promise<void>;
  /**
   * Removes up to `limit` entries of bodies that were erased before a moment, the oldest first, and counts them; answers how many
   * that were. One unit: an entry is either there or counted.
   */
  forget(erasedBefore: Date, limit: number): Promise<number>;
  /** How many entries were forgotten, ever. */
  forgotten(): Promise<Readonly<Record<FiledBody['reason'], number>>>;
  /** How many are due and waiting, and since when the oldest is; for health and stats. */
  backlog(now: Date): Promise<{ readonly count: number; readonly oldestDueAt: Date | null }>;
}
