import type { SqlRow, Statement } from './statement.js';

/** A part of a statement with the values of its placeholders. */
export type Fragment = Statement;

/** What a value list may hold. In a list or a table bytes travel to SQLite as hex, inside one JSON parameter. */
export type Cell = number | string | Uint8Array | Date | null;

/** How a column of a table of values reads its cell on SQLite. */
export type CellType = 'plain' | 'bytes';

/** What is selected of one row of a table. */
export interface RowShape {
  readonly alias: string;
  readonly plain: readonly string[];
  readonly bytes: readonly string[];
  /** Further columns by name, as expressions. */
  readonly more: Readonly<Record<string, string>>;
}

/** One row and what is found for it, of one moment. */
export interface RowWithList {
  /** Columns of the one row. */
  readonly state: string;
  /** The one row's table, with its joins. */
  readonly head: string;
  /** The select of the found rows, whose columns `shape` speaks of. */
  readonly rows: string;
  readonly shape: RowShape;
  /** How a found row belongs to the one. */
  readonly on: string;
  /** A table and its condition that completes the found rows. */
  readonly joined: string;
  readonly where: string;
}

/** An update of rows by a table of values, which goes by the name `v`. */
export interface UpdateFrom {
  readonly table: string;
  /** The index by which `on` finds the rows. */
  readonly index: string;
  readonly on: string;
  readonly column: string;
  readonly value: string;
  readonly where: string;
  readonly values: Fragment;
}

/** What a batch of sends leaves a chat with. */
export interface AdvancedChat {
  readonly id: number;
  readonly seq: number;
  readonly rev: number;
  readonly visibleCount: number;
}

/** How far a sender has read. */
export type SenderMark = readonly [chatId: number, userId: number, seq: number];

/**
 * How one dialect says what the repositories mean. Outside of `dialects` nobody asks which one it is: what differs is a word
 * here, and a new dialect is one more object of them.
 */
export interface Words {
  /** For reports; nothing is decided by it. */
  readonly name: string;
  /** False: one lock for all that write, and so no row that somebody else holds. */
  readonly hasRowLocks: boolean;
  /** Whether a join without a derived table in it is read sooner than one with. */
  readonly prefersFlatJoins: boolean;
  /** Rows that one statement may read without holding up anybody else. */
  readonly rowsAtOnce: number;
  /** A join that reads the tables in the order in which they are written. */
  readonly inOrder: string;
  /** Behind a table: found by its primary key and by nothing else. */
  readonly byPrimary: string;
  /** A statement of the database's clock, for packets; null: the process's own clock is the database's. */
  readonly clock: Statement | null;
  /** Behind a table and its alias: found by this index and by nothing else. */
  index(name: string): string;
  /** Behind a condition on ids: locks the rows in their order; `skipLocked` leaves out those that somebody else holds. */
  lockById(skipLocked: boolean): string;
  /** `(...)` after IN. */
  listOf(values: readonly number[]): Fragment;
  /** Rows as a derived table with these columns, for joins. At least one row. */
  tableOf(columns: Readonly<Record<string, CellType>>, rows: readonly (readonly Cell[])[]): Fragment;
  /** An INSERT of these rows, which get ids in this order. */
  insertionOf(table: string, columns: readonly string[], rows: readonly (readonly Cell[])[]): Statement;
  /** An INSERT of those of these rows that are not there yet. */
  insertionOfNew(table: string, columns: readonly string[], rows: readonly (readonly number[])[]): Statement;
  /** A SELECT of numbers and texts; `selectedRows` reads the answer. */
  selection(columns: Readonly<Record<string, string>>, source: Fragment): Statement;
  /** The selected columns of a row of this shape. */
  row(shape: RowShape): string;
  /** The same where nothing else is selected; `selectedRows` reads the answer. */
  rows(shape: RowShape): string;
  rowWithList(parts: RowWithList): string;
  /**
   * The columns of each of `rows` and an expression over them, under `name`. `expression` gets a column's name and answers what
   * stands for it; the columns have to be asked for in their order.
   */
  forEach(
    columns: readonly string[],
    rows: readonly (readonly number[])[],
    expression: (column: (name: string) => string) => string,
    name: string,
  ): Statement;
  updateFrom(update: UpdateFrom): Statement;
  /** Moves the counters of chats that got messages and the marks of those who sent them, by absolute values. */
  advance(chats: readonly AdvancedChat[], marks: readonly SenderMark[], now: Date): readonly Statement[];
}

/** The rows that a `selection` answered with. */
export function selectedRows(answer: readonly SqlRow[]): readonly SqlRow[] {
  const packed = answer[0]?.['packed'];
  return typeof packed === 'string' ? (JSON.parse(packed) as readonly SqlRow[]) : answer;
}

/** What is made once for each dialect. */
export function perDialect<T>(make: (words: Words) => T): (words: Words) => T {
  const made = new WeakMap<Words, T>();
  return (words) => {
    const known = made.get(words);
    if (known !== undefined) return known;
    const fresh = make(words);
    made.set(words, fresh);
    return fresh;
  };
}

export function marks(count: number): string {
  return '?' + ', ?'.repeat(count - 1);
}
