import type { DurableEvent } from '../../../domain/events.js';
import type { Message } from '../../../domain/message.js';
import type { Session, SqlDatabase } from '../database.js';
import type { RepositoryContext } from '../ground/context.js';
import type { MessageRow } from '../ground/message-rows.js';

/** One object that changed, as it is in the snapshot. What it is told as is known before its content is read. */
export interface ChangedObject {
  readonly type: DurableEvent['type'];
  readonly rev: number;
  /** Its place in the history; 0 where it has none. */
  readonly seq: number;
}

/** Objects of one kind that changed after a rev, of one snapshot. A place is an index into `objects`. */
export interface FoundObjects {
  /** In ascending order of rev. */
  readonly objects: readonly ChangedObject[];
  /** UTF-8 bytes of the objects' contents, in their order, before any is read. */
  sizes(context: RepositoryContext): Promise<readonly number[]>;
  /** The row whose content has to be read before the object can be told; null: none. Of what was found whole. */
  rowAt(place: number): MessageRow | null;
  /**
   * One event for each of these objects, in the order of `places`. Each carries the rev that its object has in the snapshot,
   * so that none lies above the delta's own. `contents`: what was read already, by id.
   */
  tell(
    context: RepositoryContext,
    places: readonly number[],
    contents?: ReadonlyMap<number, Message>,
  ): Promise<readonly DurableEvent[]>;
}

/** Which objects are looked for, and how. */
export interface Search {
  /** Where the reader stands: what is new to it and what is only changed goes by this. */
  readonly since: number;
  /** Only what lies above; `since` where not given. */
  readonly after?: number;
  /** The lowest revs first. */
  readonly limit: number;
  /** `outline`: what an object is made of is read when it is told, which is for long deltas. */
  readonly form: 'whole' | 'outline';
}

type Sql = Pick<SqlDatabase, 'words' | 'tables'>;

/**
 * A kind of object that carries the rev of its last change: one line of the table in kinds.ts. `Head`: the row that counts
 * the revs, a chat's.
 */
export interface RevisedKind<Head> {
  /** No object of the kind has a higher one, so what is at or below it is not asked for. */
  lastRev(head: Head): number;
  /** The highest rev that an object of the kind has, by its own rows; 0: there is none. */
  highestRev(session: Session, sql: Sql, feedId: number): Promise<number>;
  /** Objects that may share one rev, which are told together. */
  readonly together: number;
  /** How many objects have a rev above `since`, counted on an index up to `limit`; for kinds with many. */
  readonly count?: (session: Session, sql: Sql, head: Head, since: number, limit: number) => Promise<number>;
  find(session: Session, sql: Sql, head: Head, search: Search): Promise<FoundObjects>;
}

/** Found objects without contents: their events are made from what was found. */
export function withoutContents<Row extends ChangedObject>(
  rows: readonly Row[],
  tell: (row: Row, context: RepositoryContext) => DurableEvent,
): FoundObjects {
  return {
    objects: rows,
    sizes: () => Promise.resolve(rows.map(() => 0)),
    rowAt: () => null,
    tell: (context, places) => Promise.resolve(pick(rows, places).map((row) => tell(row, context))),
  };
}

/** Those at the places, in the order of the places. */
export function pick<T>(list: readonly T[], places: readonly number[]): readonly T[] {
  return places.flatMap((at) => list[at] ?? []);
}
